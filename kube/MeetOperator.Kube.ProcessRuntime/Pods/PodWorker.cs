using System.Threading.Channels;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Containers;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Kube.ProcessRuntime.Services;
using MeetOperator.Kube.ProcessRuntime.Volumes;
using MeetOperator.Kube.Serialization;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

/// <summary>
/// Manages one Pod from start to end: admits it, runs its containers, and writes every status change to the API server. Owns the host ports
/// of the Pod.
/// </summary>
internal sealed partial class PodWorker : IDisposable
{
    private static readonly TimeSpan WriteRetry = TimeSpan.FromMilliseconds(200);

    private readonly Pod _pod;
    private readonly PodLocation _location;
    private readonly KubeClient _client;
    private readonly RuntimeServices _services;
    private readonly HostPorts _ports;
    private readonly DateTimeOffset _startTime;
    private readonly ContainerRunner[] _runners;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly Channel<bool> _dirty = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private PodStatus? _written;
    private string? _rejectionReason;
    private bool _removed;
    private bool _removing;
    private bool _cleaning;

    public PodWorker(Pod pod, PodLocation location, KubeClient client, RuntimeServices services, HostPorts ports)
    {
        _pod = pod;
        _location = location;
        _client = client;
        _services = services;
        _ports = ports;
        _written = pod.Status;
        _startTime = pod.Status?.StartTime ?? services.Time.GetUtcNow();
        _runners = [.. pod.Spec.Containers.Select(c => new ContainerRunner(pod, c, location, ct => PlanAsync(c, ct), services, MarkDirty))];
        foreach (var runner in _runners)
        {
            if (pod.Status?.ContainerStatuses?.FirstOrDefault(s => s.Name == runner.Name) is { ContainerID: not null } before)
            {
                runner.Restore(AfterRuntimeRestart(before, services.Time.GetUtcNow()));
            }
        }
    }

    public string Uid => _pod.Metadata.Uid ?? string.Empty;
    public NamespacedName Key => _pod.Metadata.NamespacedName;
    public PodLocation Location => _location;
    public IEnumerable<string> Containers => _runners.Select(r => r.Name);
    public bool HasEnded => Completion.IsCompleted;
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start() => Completion = Task.Run(RunAsync);

    /// <summary>Stops the containers. <paramref name="removed"/>: the object no longer exists, so no status is written.</summary>
    public void Stop(TimeSpan grace, bool removed)
    {
        _removed |= removed;
        _kill.CancelAfter(grace);
        _stop.Cancel();
    }

    /// <summary>Returns true once before the removal of the object and once for the cleanup after it, so that repeated events have no effect.</summary>
    public bool TryBeginCleanup(bool objectExists)
    {
        ref var started = ref objectExists ? ref _removing : ref _cleaning;
        return !Interlocked.Exchange(ref started, true);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _kill.Dispose();
    }

    /// <summary>The state of a container that an earlier run of the runtime started. Its process ended with that run.</summary>
    internal static ContainerSnapshot AfterRuntimeRestart(ContainerStatus before, DateTimeOffset now) => new()
    {
        State = before.State?.Terminated is not null ? before.State : new ContainerState
        {
            Terminated = new ContainerStateTerminated
            {
                ExitCode = 137,
                Signal = 9,
                Reason = "Error",
                Message = "the runtime of the node was restarted",
                StartedAt = before.State?.Running?.StartedAt,
                FinishedAt = now,
                ContainerID = before.ContainerID,
            },
        },
        LastState = before.LastState,
        RestartCount = before.RestartCount,
        ContainerId = before.ContainerID,
    };

    private async Task RunAsync()
    {
        using var writing = new CancellationTokenSource();
        var writer = WriteStatusesAsync(writing.Token);
        try
        {
            if (Admit() is { } rejection)
            {
                LogRejected(_services.Logger, Key, rejection.Reason, rejection.Message);
                _services.Events.Warning(_pod, rejection.Reason, rejection.Message);
                _rejectionReason = rejection.Reason;
                await WriteAsync(PodStatusBuilder.Rejected(_location, rejection.Reason, rejection.Message, _services.Time.GetUtcNow()), writing.Token).ConfigureAwait(false);
            }
            else
            {
                MarkDirty();
                await Task.WhenAll(_runners.Select(r => r.RunAsync(_stop.Token, _kill.Token))).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogWorkerFailed(_services.Logger, e, Key);
        }
        finally
        {
            _ports.Release(Uid);
            _dirty.Writer.TryComplete();
            writing.CancelAfter(TimeSpan.FromSeconds(5));
            await writer.ConfigureAwait(false);
        }
    }

    private (string Reason, string Message)? Admit() =>
        PodSupport.FindUnsupported(_pod.Spec) is { } unsupported ? ("UnsupportedPod", unsupported)
        : (_ports.Reserve(Uid, _pod.Spec) ?? PortProbe.FindBusyPort(_pod.Spec)) is { } clash ? ("NodePorts", $"Pod was rejected: Predicate NodePorts failed: {clash}")
        : null;

    private async Task<ContainerPlan> PlanAsync(Container container, CancellationToken ct)
    {
        try
        {
            var data = await PodDataReader.ReadAsync(_client, _pod, ct).ConfigureAwait(false);
            VolumeFolders.Write(_pod, _location, data, _services.Options.HostPathNamespaces.Contains(_pod.Metadata.Namespace ?? string.Empty));
            var inherited = _services.Options.InheritedVariables
                .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
                .Where(v => v.Value is not null)
                .ToDictionary(v => v.Name, v => v.Value!);
            inherited["HOME"] = _location.ContainerFolder(container.Name);
            inherited[OrphanedProcesses.MarkerVariable] = _services.Options.Folder;
            inherited[ExitWatcher.RunVariable] = _services.Run;
            return ContainerPlanner.Plan(_pod, container, _location, data, _services.Options.Images, inherited);
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new PodConfigurationException(PodConfigurationException.ConfigError, e.Message);
        }
    }

    private void MarkDirty() => _dirty.Writer.TryWrite(true);

    // A single writer keeps the order of status writes and coalesces changes that occur during a write.
    private async Task WriteStatusesAsync(CancellationToken ct)
    {
        await foreach (var _ in _dirty.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (_rejectionReason is null && !_removed)
            {
                var snapshots = _runners.ToDictionary(r => r.Name, r => r.Snapshot);
                await WriteAsync(
                    PodStatusBuilder.Build(_pod, _location, _startTime, snapshots, _stop.IsCancellationRequested, _written, _services.Time.GetUtcNow()), ct).ConfigureAwait(false);
            }
        }
    }

    private async Task WriteAsync(PodStatus status, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested && !_removed)
        {
            try
            {
                var patch = new System.Text.Json.Nodes.JsonObject
                {
                    ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["uid"] = Uid },
                    ["status"] = System.Text.Json.JsonSerializer.SerializeToNode(status, KubeJson.Options),
                };
                await _client.MergePatchAsync<Pod>(Key, patch, ct, new WriteOptions { Subresource = "status", FieldManager = "process-runtime" }).ConfigureAwait(false);
                _written = status;
                return;
            }
            catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
            {
                // The Pod was deleted, or another Pod has its name, so there is no status to write.
                return;
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException)
            {
                LogWriteFailed(_services.Logger, e, Key);
                await _services.DelayAsync(WriteRetry, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
