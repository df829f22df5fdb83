using MeetOperator.Kube.Runtime;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>What every Pod of one runtime shares.</summary>
internal sealed record RuntimeServices(ProcessRuntimeOptions Options, SpawnThread Spawn, ProbeAction Probes, EventRecorder Events, TimeProvider Time, ILogger Logger)
{
    /// <summary>Names this run of the runtime to <see cref="DeathWatch"/>.</summary>
    public string Run { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Waits, or returns early when cancelled: the caller looks at its token.</summary>
    public async Task DelayAsync(TimeSpan delay, CancellationToken ct) =>
        await Task.Delay(delay, Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
