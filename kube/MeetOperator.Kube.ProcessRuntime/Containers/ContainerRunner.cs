using MeetOperator.Kube.Core;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// Keeps one container going: start, probes, exit, back-off, start again. Every change of what is known goes to <c>changed</c> at once.
/// </summary>
internal sealed partial class ContainerRunner(
    Pod pod, Container container, PodPlace place, Func<CancellationToken, Task<ContainerPlan>> plan, RuntimeServices services, Action changed)
{
    private static readonly TimeSpan ConfigRetry = TimeSpan.FromMilliseconds(250);

    private readonly RestartBackoff _backoff = new();
    private ContainerFacts _facts = ContainerFacts.Waiting("ContainerCreating");

    public string Name => container.Name;

    public ContainerFacts Facts
    {
        get => Volatile.Read(ref _facts);
        private set
        {
            Volatile.Write(ref _facts, value);
            changed();
        }
    }

    /// <summary>What an earlier run of the runtime knew of this container; its process is gone.</summary>
    public void Adopt(ContainerFacts facts) => Volatile.Write(ref _facts, facts);

    /// <summary>
    /// Returns when the container has ended for good, or after <paramref name="stop"/> asked it to leave; with <paramref name="kill"/> it has no more time to.
    /// </summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken kill)
    {
        if (Facts.State.Terminated is { } ended)
        {
            if (!RestartsAfter(ended.ExitCode))
            {
                return;
            }

            Facts = Facts with { RestartCount = Facts.RestartCount + 1 };
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
            if (stop.IsCancellationRequested || !RestartsAfter(exitCode))
            {
                return;
            }

            var wait = _backoff.AfterExit(services.Time.GetUtcNow() - started);
            if (wait > TimeSpan.Zero)
            {
                services.Events.Warning(pod, "BackOff", $"Back-off restarting failed container {container.Name}");
                Facts = Facts.WithWaiting("CrashLoopBackOff", $"back-off {wait.TotalSeconds:0}s restarting failed container={container.Name} pod={pod.Metadata.Name}");
                await services.DelayAsync(wait, stop).ConfigureAwait(false);
            }

            Facts = Facts with { RestartCount = Facts.RestartCount + 1 };
        }
    }

    /// <summary>How long the Pod's containers may take to leave; a deletion may shorten it.</summary>
    internal static TimeSpan GraceOf(Pod pod) =>
        TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec.TerminationGracePeriodSeconds ?? 30);

    private bool RestartsAfter(int exitCode) => pod.Spec.RestartPolicy switch
    {
        "Never" => false,
        "OnFailure" => exitCode != 0,
        _ => true,
    };

    // A Secret may come later and an image may be mistyped: say what is missing and look again, until the Pod goes.
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
                if (Facts.State.Waiting?.Message != e.Message)
                {
                    LogWaiting(services.Logger, pod.Metadata.NamespacedName, container.Name, e.Reason, e.Message);
                    services.Events.Warning(pod, "Failed", $"Error: {e.Reason}: {e.Message}");
                    Facts = Facts.WithWaiting(e.Reason, e.Message);
                }
            }

            await services.DelayAsync(ConfigRetry, stop).ConfigureAwait(false);
        }

        return null;
    }

    private async Task<int> RunOnceAsync(ContainerPlan command, DateTimeOffset started, CancellationToken stop, CancellationToken kill)
    {
        ContainerLog.StartNewRun(place.LogFile(container.Name));
        using var log = new ContainerLog(place.LogFile(container.Name), services.Options.LogLimitBytes, services.Time);
        ChildProcess child;
        try
        {
            Directory.CreateDirectory(place.ContainerFolder(container.Name));
            Directory.CreateDirectory(command.Command.WorkingDirectory);
            child = await ChildProcess.StartAsync(services.Spawn, command.Command).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or UnauthorizedAccessException)
        {
            log.Write("stderr", $"cannot start {command.Command.Arguments[0]}: {e.Message}");
            Terminate(started, 128, "StartError", e.Message, null);
            return 128;
        }

        using (child)
        {
            var id = $"process://{child.Id}";
            var output = Task.WhenAll(log.PumpAsync(child.Output, "stdout"), log.PumpAsync(child.Error, "stderr"));
            Facts = (Facts.State.Terminated is null ? Facts : Facts with { LastState = Facts.State })
                .WithRunning(started, id) with { Started = container.StartupProbe is null, Ready = container is { StartupProbe: null, ReadinessProbe: null } };
            LogStarted(services.Logger, pod.Metadata.NamespacedName, container.Name, child.Id);
            services.Events.Normal(pod, "Started", $"Started container {container.Name}");

            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var unhealthy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var probes = ProbeAsync(command, unhealthy, over.Token);
            var exit = child.WaitAsync(CancellationToken.None);
            await Task.WhenAny(exit, unhealthy.Task, Cancelled(over.Token)).ConfigureAwait(false);
            if (!exit.IsCompleted)
            {
                Facts = Facts with { Ready = false };
                services.Events.Normal(pod, "Killing", $"Stopping container {container.Name}");
                await StopAsync(child, exit, kill).ConfigureAwait(false);
            }

            var exitCode = await exit.ConfigureAwait(false);
            Terminate(started, exitCode, exitCode == 0 ? "Completed" : "Error", null, id);
            LogExited(services.Logger, pod.Metadata.NamespacedName, container.Name, exitCode);
            await over.CancelAsync().ConfigureAwait(false);
            await probes.ConfigureAwait(false);
            await child.KillGroupAsync().ConfigureAwait(false);

            // A process that left the group may hold the pipes for ever: what it writes is nobody's log.
            await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false);
            return exitCode;
        }
    }

    private async Task StopAsync(ChildProcess child, Task exit, CancellationToken kill)
    {
        // A container that failed a probe gets the Pod's own grace period; a shorter order to leave still counts.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(kill);
        limit.CancelAfter(GraceOf(pod));
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
        Task Loop(Probe probe, bool eager, Func<bool, bool> until) =>
            new ProbeLoop(services.Probes, services.Time).RunAsync(probe, eager, container, place.PodIp, command, until, ct);

        try
        {
            if (container.StartupProbe is { } startup)
            {
                await Loop(startup, eager: true, healthy =>
                {
                    Fail(healthy, "Startup", unhealthy);
                    return true;
                }).ConfigureAwait(false);
                if (unhealthy.Task.IsCompleted)
                {
                    return;
                }

                Facts = Facts with { Started = true, Ready = container.ReadinessProbe is null };
            }

            await Task.WhenAll(
                container.ReadinessProbe is not { } readiness ? Task.CompletedTask : Loop(readiness, eager: true, healthy =>
                {
                    Facts = Facts with { Ready = healthy };
                    return false;
                }),
                container.LivenessProbe is not { } liveness ? Task.CompletedTask : Loop(liveness, eager: false, healthy =>
                {
                    Fail(healthy, "Liveness", unhealthy);
                    return !healthy;
                })).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    private void Fail(bool healthy, string probe, TaskCompletionSource unhealthy)
    {
        if (!healthy)
        {
            LogUnhealthy(services.Logger, pod.Metadata.NamespacedName, container.Name, probe);
            services.Events.Warning(pod, "Unhealthy", $"{probe} probe failed: container {container.Name} will be stopped");
            unhealthy.TrySetResult();
        }
    }

    private void Terminate(DateTimeOffset started, int exitCode, string reason, string? message, string? id) =>
        Facts = Facts.WithTerminated(new ContainerStateTerminated
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
