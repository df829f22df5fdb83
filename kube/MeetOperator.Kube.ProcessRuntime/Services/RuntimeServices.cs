using MeetOperator.Kube.ProcessRuntime.Probes;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Kube.Runtime.Events;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime.Services;

/// <summary>Services that the Pods of one runtime share.</summary>
internal sealed record RuntimeServices(ProcessRuntimeOptions Options, SpawnThread Spawn, ProbeAction Probes, EventRecorder Events, TimeProvider Time, ILogger Logger)
{
    /// <summary>ID of this run, for <see cref="ExitWatcher"/>.</summary>
    public string Run { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Waits for the delay. Returns early and without exception on cancellation; the caller checks its token.</summary>
    public async Task DelayAsync(TimeSpan delay, CancellationToken ct) =>
        await Task.Delay(delay, Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
