using System.Collections.Concurrent;
using System.Text.Json;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Asks every media node for its report about once a second, each in a loop of its own, and ends rooms that belong to no meeting.</summary>
internal sealed partial class NodePoller(MediaFleet fleet, NodeClients clients, ILogger<NodePoller> logger, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A node answers from memory; three of these and the pauses between them take 2.3 s, so that a node that hangs is left in about 3 s.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(700);

    /// <summary>A timeout that fires later than this says that this process was starved, and nothing about the node.</summary>
    private static readonly TimeSpan Starved = TimeSpan.FromMilliseconds(1000);

    /// <summary>Late timeouts in a row that are overlooked.</summary>
    private const int MostStarved = 3;
    private static readonly TimeSpan RetryAfterMiss = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryWhenDead = TimeSpan.FromMilliseconds(250);

    /// <summary>Misses after which a node is no longer expected back soon: about a minute.</summary>
    private const int ComingBack = 240;

    /// <summary>A node that stays dead is told about once a minute.</summary>
    private const int LogEvery = 60;
    private readonly ConcurrentDictionary<NamespacedName, (PollTarget Target, CancellationTokenSource Stop, Task Loop)> _loops = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Starts, moves or (null) ends the polling of a node.</summary>
    public void Watch(NamespacedName node, PollTarget? target)
    {
        if (_loops.TryGetValue(node, out var running))
        {
            if (running.Target == target)
            {
                return;
            }

            running.Stop.Cancel();
            _loops.TryRemove(node, out _);
        }

        if (target is not null && !_stopping.IsCancellationRequested)
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            _loops[node] = (target, stop, Task.Run(() => PollAsync(target, stop.Token), CancellationToken.None));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops.Values.Select(entry => entry.Loop)).ConfigureAwait(false);
        _loops.Clear();
    }

    private async Task PollAsync(PollTarget target, CancellationToken ct)
    {
        var client = clients.Of(target);
        var missed = 0;
        var starved = 0;
        while (!ct.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var (reason, timedOut) = await AskAsync(client, target, started, ct).ConfigureAwait(false);
            if (ct.IsCancellationRequested)
            {
                return;
            }

            if (timedOut && time.GetElapsedTime(started) > Starved && ++starved <= MostStarved)
            {
                continue; // Ask again at once; the earlier count stays.
            }

            starved = 0;
            missed = reason is null ? 0 : missed + 1;
            if (reason is not null)
            {
                fleet.Missed(target, reason);
                if (missed <= NodeStateRules.DeadAfterMissedPolls || missed % LogEvery == 0)
                {
                    LogMiss(target.Node, missed, reason);
                }
            }

            var pause = PauseAfter(missed, time.GetElapsedTime(started));
            await Task.Delay(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A dead node is asked more often for a while, since its process is probably being started again.</summary>
    private static TimeSpan PauseAfter(int missed, TimeSpan took) => missed switch
    {
        0 => Interval - took,
        < NodeStateRules.DeadAfterMissedPolls => RetryAfterMiss,
        < ComingBack => RetryWhenDead,
        _ => Interval,
    };

    /// <summary>No reason when the node answered; else why it did not.</summary>
    private async Task<(string? Reason, bool TimedOut)> AskAsync(NodeControlClient client, PollTarget target, long started, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        try
        {
            var report = await client.GetNodeAsync(bounded.Token).ConfigureAwait(false);
            clients.Seen(report);
            foreach (var orphan in fleet.Reported(target, report, started))
            {
                LogOrphan(target.Node, orphan.Room);
                await client.DeleteRoomAsync(orphan.Room, orphan.Generation, bounded.Token).ConfigureAwait(false);
            }

            return (null, false);
        }
        catch (LeadershipLostException)
        {
            return (null, false); // The term is over, and this loop is about to be stopped.
        }
        catch (OperationCanceledException)
        {
            return ($"no answer from {target.Address} within {Timeout.TotalMilliseconds:0} ms", true);
        }
        catch (Exception broken) when (broken is HttpRequestException or NodeControlException or IOException or JsonException)
        {
            return ($"{target.Address}: {broken.Message}", false);
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "Media node {Node} missed poll {Missed}: {Reason}")]
    private partial void LogMiss(NamespacedName node, int missed, string reason);

    [LoggerMessage(2102, LogLevel.Information, "Media node {Node} holds room {Room}, which belongs to no meeting there: ending it.")]
    private partial void LogOrphan(NamespacedName node, string room);
}
