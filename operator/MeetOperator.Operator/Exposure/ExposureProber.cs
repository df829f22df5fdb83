using System.Collections.Concurrent;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Settings;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Exposure;

/// <summary>
/// Makes a STUN exchange with each address and port at which clients reach the members of pools, every 30 s. The requests have no credentials, so relays make no allocation and media nodes need no
/// session. Runs while this replica leads. <see cref="Of"/> may be called from any thread.
/// </summary>
/// <param name="find">The targets of all pools of a kind, at present.</param>
/// <param name="client">Reads the operator's own Pod.</param>
/// <param name="options">Names that Pod.</param>
/// <param name="health">Watches the loop.</param>
/// <param name="name">Name of the loop in metrics.</param>
/// <param name="logger">The log.</param>
/// <param name="time">The clock.</param>
internal sealed partial class ExposureProber(
    Func<IReadOnlyList<ExposureTarget>> find, KubeClient client, OperatorOptions options, LoopHealth health, string name, ILogger<ExposureProber> logger, TimeProvider time)
{
    /// <summary>Turns after which the operator's Pod is read again, as long as its cluster node is not known.</summary>
    private const int TurnsUntilPlace = 60;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<ExposureTarget, ExposureRecord> _records = new();
    private readonly Dictionary<ExposureTarget, Task> _running = [];
    private volatile ExposurePlace? _place;

    /// <summary>What is known about a pool.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="targets">Its targets.</param>
    public ExposureSnapshot Of(NamespacedName pool, IEnumerable<ExposureTarget> targets) => new(
        _place,
        [.. targets.Where(target => target.Pool == pool).Select(target => (target, _records.GetValueOrDefault(target, ExposureRecord.None)))],
        ExposureRules.IsPublicReachable(_place, _records));

    /// <summary>Measures until <paramref name="ct"/> is canceled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var heartbeat = health.Begin(name, TimeSpan.FromMinutes(2));
        try
        {
            for (var turn = 0; !ct.IsCancellationRequested; turn = (turn + 1) % TurnsUntilPlace)
            {
                heartbeat.Beat();
                if (turn == 0 && _place?.Machine is null)
                {
                    _place = await ExposurePlace.FindAsync(client, options, ct).ConfigureAwait(false);
                }

                Start(find(), ct);
                await Task.Delay(Tick, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _running.Clear();
        }
    }

    private void Start(IReadOnlyList<ExposureTarget> targets, CancellationToken ct)
    {
        foreach (var ended in _running.Where(entry => entry.Value.IsCompleted).Select(entry => entry.Key).ToArray())
        {
            _running.Remove(ended);
        }

        foreach (var gone in _records.Keys.Except(targets).ToArray())
        {
            _records.TryRemove(gone, out _);
        }

        foreach (var target in ExposureSchedule.FindDue(targets, target => _records.GetValueOrDefault(target, ExposureRecord.None), _running.ContainsKey, _running.Count, time.GetElapsedTime(0)))
        {
            _running[target] = Task.Run(() => MeasureAsync(target, ct), CancellationToken.None);
        }
    }

    private async Task MeasureAsync(ExposureTarget target, CancellationToken ct)
    {
        try
        {
            var result = await BindingExchange.RunAsync(target.Server, target.Transport, target.Host, time, ct).ConfigureAwait(false);
            _records.AddOrUpdate(target, _ => ExposureRecord.None.With(result, time.GetElapsedTime(0)), (_, before) => before.With(result, time.GetElapsedTime(0)));
        }
        catch (Exception unforeseen) when (!ct.IsCancellationRequested)
        {
            LogUnforeseen(unforeseen, target.Server.ToString());
        }
        catch (OperationCanceledException)
        {
            // The term ends.
        }
    }

    [LoggerMessage(2501, LogLevel.Error, "The exchange with {Server} failed unexpectedly.")]
    private partial void LogUnforeseen(Exception error, string server);
}
