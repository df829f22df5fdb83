using System.Threading.Channels;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// One Pod from its start to its end: admits it, runs its containers, tells the API server every change at once, and removes the object when
/// its processes are gone. It owns the Pod's folder and its host ports.
/// </summary>
internal sealed partial class PodWorker : IDisposable
{
    private static readonly TimeSpan WriteRetry = TimeSpan.FromMilliseconds(200);

    private readonly Pod _pod;
    private readonly PodPlace _place;
    private readonly KubeClient _client;
    private readonly RuntimeServices _services;
    private readonly HostPorts _ports;
    private readonly DateTimeOffset _startTime;
    private readonly ContainerRunner[] _runners;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly Channel<bool> _dirty = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private PodStatus? _written;
    private string? _refused;
    private bool _removed;
    private bool _removing;
    private bool _cleaning;

    public PodWorker(Pod pod, PodPlace place, KubeClient client, RuntimeServices services, HostPorts ports)
    {
        _pod = pod;
        _place = place;
        _client = client;
        _services = services;
        _ports = ports;
        _written = pod.Status;
        _startTime = pod.Status?.StartTime ?? services.Time.GetUtcNow();
        _runners = [.. pod.Spec.Containers.Select(c => new ContainerRunner(pod, c, place, ct => PlanAsync(c, ct), services, Touch))];
        foreach (var runner in _runners)
        {
            if (pod.Status?.ContainerStatuses?.FirstOrDefault(s => s.Name == runner.Name) is { ContainerID: not null } before)
            {
                runner.Adopt(LostFacts(before, services.Time.GetUtcNow()));
            }
        }
    }

    public string Uid => _pod.Metadata.Uid ?? string.Empty;
    public NamespacedName Key => _pod.Metadata.NamespacedName;
    public PodPlace Place => _place;
    public IEnumerable<string> Containers => _runners.Select(r => r.Name);
    public bool Ended => Completion.IsCompleted;
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start() => Completion = Task.Run(RunAsync);

    /// <summary>Ends the containers. <paramref name="removed"/>: the object is gone already, so nothing is written.</summary>
    public void Stop(TimeSpan grace, bool removed)
    {
        _removed |= removed;
        _kill.CancelAfter(grace);
        _stop.Cancel();
    }

    /// <summary>True once for the removal of the object and once for what follows it, however often events repeat.</summary>
    public bool TryBeginEnd(bool objectExists)
    {
        ref var begun = ref objectExists ? ref _removing : ref _cleaning;
        return !Interlocked.Exchange(ref begun, true);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _kill.Dispose();
    }

    /// <summary>A container that an earlier run of the runtime started: its process died with that run.</summary>
    internal static ContainerFacts LostFacts(ContainerStatus before, DateTimeOffset now) => new()
    {
        State = before.State?.Terminated is not null ? before.State : new ContainerState
        {
            Terminated = new ContainerStateTerminated
            {
                ExitCode = 137,
                Signal = 9,
                Reason = "Error",
                Message = "the node's runtime was restarted",
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
            if (Refusal() is { } refusal)
            {
                LogRefused(_services.Logger, Key, refusal.Reason, refusal.Message);
                _services.Events.Warning(_pod, refusal.Reason, refusal.Message);
                _refused = refusal.Reason;
                await WriteAsync(PodStatusBuilder.Refuse(_place, refusal.Reason, refusal.Message, _services.Time.GetUtcNow()), writing.Token).ConfigureAwait(false);
            }
            else
            {
                Touch();
                await Task.WhenAll(_runners.Select(r => r.RunAsync(_stop.Token, _kill.Token))).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogBroken(_services.Logger, e, Key);
        }
        finally
        {
            _ports.Release(Uid);
            _dirty.Writer.TryComplete();
            writing.CancelAfter(TimeSpan.FromSeconds(5));
            await writer.ConfigureAwait(false);
        }
    }

    private (string Reason, string Message)? Refusal() =>
        PodSupport.Missing(_pod.Spec) is { } missing ? ("UnsupportedPod", missing)
        : (_ports.Take(Uid, _pod.Spec) ?? PortProbe.Busy(_pod.Spec)) is { } clash ? ("NodePorts", $"Pod was rejected: Predicate NodePorts failed: {clash}")
        : null;

    private async Task<ContainerPlan> PlanAsync(Container container, CancellationToken ct)
    {
        try
        {
            var data = await PodDataReader.ReadAsync(_client, _pod, ct).ConfigureAwait(false);
            VolumeFolders.Write(_pod, _place, data, _services.Options.HostPathNamespaces.Contains(_pod.Metadata.Namespace ?? string.Empty));
            var inherited = _services.Options.InheritedVariables
                .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
                .Where(v => v.Value is not null)
                .ToDictionary(v => v.Name, v => v.Value!);
            inherited["HOME"] = _place.ContainerFolder(container.Name);
            inherited[LeftoverSweep.MarkerVariable] = _services.Options.Folder;
            inherited[DeathWatch.RunVariable] = _services.Run;
            return ContainerPlanner.Plan(_pod, container, _place, data, _services.Options.Images, inherited);
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new PodConfigurationException(PodConfigurationException.ConfigError, e.Message);
        }
    }

    private void Touch() => _dirty.Writer.TryWrite(true);

    // One writer: statuses reach the server in order, and changes during a write are merged into the next one.
    private async Task WriteStatusesAsync(CancellationToken ct)
    {
        await foreach (var _ in _dirty.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (_refused is null && !_removed)
            {
                var facts = _runners.ToDictionary(r => r.Name, r => r.Facts);
                await WriteAsync(
                    PodStatusBuilder.Build(_pod, _place, _startTime, facts, _stop.IsCancellationRequested, _written, _services.Time.GetUtcNow()), ct).ConfigureAwait(false);
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
                // The Pod went, or another one took its name: there is nothing to tell about this one.
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
