using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Logs;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Probes;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Kube.ProcessRuntime.Services;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime.Containers;

/// <summary>
/// Runs one container: starts it, probes it, and restarts it with backoff. Calls <c>changed</c> after every change of <see cref="Snapshot"/>.
/// </summary>
internal sealed partial class ContainerRunner(
    Pod pod, Container container, PodLocation location, Func<CancellationToken, Task<ContainerPlan>> plan, RuntimeServices services, Action changed)
{
    private static readonly TimeSpan ConfigRetry = TimeSpan.FromMilliseconds(250);

    private readonly RestartBackoff _backoff = new();
    private ContainerSnapshot _snapshot = ContainerSnapshot.Waiting("ContainerCreating");

    public string Name => container.Name;

    public ContainerSnapshot Snapshot
    {
        get => Volatile.Read(ref _snapshot);
        private set
        {
            Volatile.Write(ref _snapshot, value);
            changed();
        }
    }

    /// <summary>Sets the state of the container from an earlier run of the runtime, whose process no longer exists.</summary>
    public void Restore(ContainerSnapshot snapshot) => Volatile.Write(ref _snapshot, snapshot);

    /// <summary>
    /// Returns when the container has ended and is not restarted. <paramref name="stop"/> terminates it with its grace period; <paramref name="kill"/>
    /// ends the grace period.
    /// </summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken kill)
    {
        if (Snapshot.State.Terminated is { } ended)
        {
            if (!ShouldRestart(ended.ExitCode))
            {
                return;
            }

            Snapshot = Snapshot with { RestartCount = Snapshot.RestartCount + 1 };
        }

        while (!stop.IsCancellationRequested)
        {
            var command = await PlanAsync(stop).ConfigureAwait(false);
            if (command is null)
            {
                return;
            }

            var started = services.Time.GetUtcNow();
            var exitCode = await RunOnceAsync(command, started, stop, kill).ConfigureAwait(false);
            if (stop.IsCancellationRequested || !ShouldRestart(exitCode))
            {
                return;
            }

            var wait = _backoff.AfterExit(services.Time.GetUtcNow() - started);
            if (wait > TimeSpan.Zero)
            {
                services.Events.Warning(pod, "BackOff", $"Back-off restarting failed container {container.Name}");
                Snapshot = Snapshot.WithWaiting("CrashLoopBackOff", $"back-off {wait.TotalSeconds:0}s restarting failed container={container.Name} pod={pod.Metadata.Name}");
                await services.DelayAsync(wait, stop).ConfigureAwait(false);
            }

            Snapshot = Snapshot with { RestartCount = Snapshot.RestartCount + 1 };
        }
    }

    /// <summary>The grace period of the Pod, which a deletion may shorten.</summary>
    internal static TimeSpan GracePeriodOf(Pod pod) =>
        TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec.TerminationGracePeriodSeconds ?? 30);

    private bool ShouldRestart(int exitCode) => pod.Spec.RestartPolicy switch
    {
        "Never" => false,
        "OnFailure" => exitCode != 0,
        _ => true,
    };

    // A Secret may be created later, and an image name may be mistyped. Report the error and retry until the Pod is deleted.
    private async Task<ContainerPlan?> PlanAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                return await plan(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return null;
            }
            catch (PodConfigurationException e)
            {
                if (Snapshot.State.Waiting?.Message != e.Message)
                {
                    LogWaiting(services.Logger, pod.Metadata.NamespacedName, container.Name, e.Reason, e.Message);
                    services.Events.Warning(pod, "Failed", $"Error: {e.Reason}: {e.Message}");
                    Snapshot = Snapshot.WithWaiting(e.Reason, e.Message);
                }
            }

            await services.DelayAsync(ConfigRetry, stop).ConfigureAwait(false);
        }

        return null;
    }

    private async Task<int> RunOnceAsync(ContainerPlan command, DateTimeOffset started, CancellationToken stop, CancellationToken kill)
    {
        ContainerLog.StartNewRun(location.LogFile(container.Name));
        using var log = new ContainerLog(location.LogFile(container.Name), services.Options.LogLimitBytes, services.Time);
        ChildProcess child;
        try
        {
            Directory.CreateDirectory(location.ContainerFolder(container.Name));
            Directory.CreateDirectory(command.Command.WorkingDirectory);
            child = await ChildProcess.StartAsync(services.Spawn, command.Command).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or UnauthorizedAccessException)
        {
            log.Write("stderr", $"failed to start {command.Command.Arguments[0]}: {e.Message}");
            Terminate(started, 128, "StartError", e.Message, null);
            return 128;
        }

        using (child)
        {
            var id = $"process://{child.Id}";
            var output = Task.WhenAll(log.PumpAsync(child.Output, "stdout"), log.PumpAsync(child.Error, "stderr"));
            Snapshot = (Snapshot.State.Terminated is null ? Snapshot : Snapshot with { LastState = Snapshot.State })
                .WithRunning(started, id) with { Started = container.StartupProbe is null, Ready = container is { StartupProbe: null, ReadinessProbe: null } };
            LogStarted(services.Logger, pod.Metadata.NamespacedName, container.Name, child.Id);
            services.Events.Normal(pod, "Started", $"Started container {container.Name}");

            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var unhealthy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var probes = ProbeAsync(command, unhealthy, ended.Token);
            var exit = child.WaitAsync(CancellationToken.None);
            await Task.WhenAny(exit, unhealthy.Task, Cancelled(ended.Token)).ConfigureAwait(false);
            if (!exit.IsCompleted)
            {
                Snapshot = Snapshot with { Ready = false };
                services.Events.Normal(pod, "Killing", $"Stopping container {container.Name}");
                await StopAsync(child, exit, kill).ConfigureAwait(false);
            }

            var exitCode = await exit.ConfigureAwait(false);
            Terminate(started, exitCode, exitCode == 0 ? "Completed" : "Error", null, id);
            LogExited(services.Logger, pod.Metadata.NamespacedName, container.Name, exitCode);
            await ended.CancelAsync().ConfigureAwait(false);
            await probes.ConfigureAwait(false);
            await child.KillGroupAsync().ConfigureAwait(false);

            // A process that left the group may keep the pipes open indefinitely. Its output is not part of the log.
            await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false);
            return exitCode;
        }
    }

    private async Task StopAsync(ChildProcess child, Task exit, CancellationToken kill)
    {
        // A container that failed a probe gets the grace period of the Pod, unless a deletion ends it earlier.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(kill);
        limit.CancelAfter(GracePeriodOf(pod));
        if (!limit.IsCancellationRequested)
        {
            await child.TerminateAsync().ConfigureAwait(false);
            await Task.WhenAny(exit, Cancelled(limit.Token)).ConfigureAwait(false);
        }

        if (!exit.IsCompleted)
        {
            await child.KillGroupAsync().ConfigureAwait(false);
        }
    }

    private async Task ProbeAsync(ContainerPlan command, TaskCompletionSource unhealthy, CancellationToken ct)
    {
        Task Loop(Probe probe, bool eager, Func<bool, bool> onChange) =>
            new ProbeLoop(services.Probes, services.Time).RunAsync(probe, eager, container, location.PodIp, command, onChange, ct);

        try
        {
            if (container.StartupProbe is { } startup)
            {
                await Loop(startup, eager: true, healthy =>
                {
                    ReportUnhealthy(healthy, "Startup", unhealthy);
                    return true;
                }).ConfigureAwait(false);
                if (unhealthy.Task.IsCompleted)
                {
                    return;
                }

                Snapshot = Snapshot with { Started = true, Ready = container.ReadinessProbe is null };
            }

            await Task.WhenAll(
                container.ReadinessProbe is not { } readiness ? Task.CompletedTask : Loop(readiness, eager: true, healthy =>
                {
                    Snapshot = Snapshot with { Ready = healthy };
                    return false;
                }),
                container.LivenessProbe is not { } liveness ? Task.CompletedTask : Loop(liveness, eager: false, healthy =>
                {
                    ReportUnhealthy(healthy, "Liveness", unhealthy);
                    return !healthy;
                })).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    private void ReportUnhealthy(bool healthy, string probe, TaskCompletionSource unhealthy)
    {
        if (!healthy)
        {
            LogUnhealthy(services.Logger, pod.Metadata.NamespacedName, container.Name, probe);
            services.Events.Warning(pod, "Unhealthy", $"{probe} probe failed: container {container.Name} will be stopped");
            unhealthy.TrySetResult();
        }
    }

    private void Terminate(DateTimeOffset started, int exitCode, string reason, string? message, string? id) =>
        Snapshot = Snapshot.WithTerminated(new ContainerStateTerminated
        {
            ExitCode = exitCode,
            Signal = exitCode > 128 ? exitCode - 128 : null,
            Reason = reason,
            Message = message,
            StartedAt = started,
            FinishedAt = services.Time.GetUtcNow(),
            ContainerID = id,
        });

    private static Task Cancelled(CancellationToken ct)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ct.Register(done.SetResult);
        return done.Task;
    }
}
