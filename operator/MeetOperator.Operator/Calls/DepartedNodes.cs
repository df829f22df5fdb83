using System.Collections.Concurrent;
using System.Text.Json;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Ends the rooms of media nodes whose SfuNode no longer exists while their deleted Pod still does. The cluster node of such a Pod may have been given up, and come back: its
/// kubelet then ends the Pod, but may take most of a minute. Thread-safe.
/// </summary>
/// <remarks>
/// A process is called by the name in its certificate, so that another one at the same address is never meant. It rejects a call with the term of a former leader.
/// </remarks>
internal sealed partial class DepartedNodes : IAsyncDisposable
{
    /// <summary>Name of the loops in metrics.</summary>
    public const string LoopName = "departed-node";
    private const int MaxParallel = 16;

    /// <summary>After this many failures in a row, a node is called less often: its cluster node may never come back.</summary>
    private const int FastRounds = 60;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RoundTimeout = TimeSpan.FromMinutes(2);
    private readonly NodeClients _clients;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly NodeLoops _loops;

    public DepartedNodes(NodeClients clients, LoopHealth health, ILogger<DepartedNodes> logger, TimeProvider time)
    {
        (_clients, _logger, _time) = (clients, logger, time);
        _loops = new NodeLoops(LoopName, RoundTimeout, RunAsync, health, logger, time);
    }

    /// <summary>Begins to look for rooms on a departed node, or (null) stops, when its Pod has ended or its SfuNode exists again.</summary>
    public void Watch(NamespacedName node, PollTarget? target) => _loops.Watch(node, target);

    public ValueTask DisposeAsync() => _loops.DisposeAsync();

    private async Task RunAsync(PollTarget target, LoopHeartbeat heartbeat, CancellationToken ct)
    {
        var client = _clients.Of(target);
        var rooms = new DepartedRooms();
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            heartbeat.Beat();
            var report = await FindReportAsync(client, ct).ConfigureAwait(false);
            failures = report is null ? failures + 1 : 0;
            if (report is not null && rooms.FindDue(report, _time.GetElapsedTime(0)) is { Count: > 0 } due)
            {
                await EndAsync(client, target, due, heartbeat, ct).ConfigureAwait(false);
            }

            await Task.Delay(failures < FastRounds ? Interval : LongInterval, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The node's report, or null while it does not give a valid one: usually its process has ended, or its cluster node is not back.</summary>
    private async Task<NodeReport?> FindReportAsync(NodeControlClient client, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        try
        {
            var report = await client.GetNodeAsync(bounded.Token).ConfigureAwait(false);
            if (ReportRules.FindRejection(report, _clients.Term) is not null)
            {
                return null;
            }

            _clients.ObserveTerm(report);
            return report;
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or JsonException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Ends rooms, some at a time, because one on a loop that stands still takes its whole time limit. Logs once for all of them.</summary>
    private async Task EndAsync(NodeControlClient client, PollTarget target, IReadOnlyList<RoomReport> rooms, LoopHeartbeat heartbeat, CancellationToken ct)
    {
        var failed = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(rooms, new ParallelOptions { MaxDegreeOfParallelism = MaxParallel }, async (room, _) =>
        {
            heartbeat.Beat();
            if (!ct.IsCancellationRequested && await TryEndAsync(client, room, ct).ConfigureAwait(false) is { } failure)
            {
                failed.Enqueue($"{room.Room}: {failure}");
            }
        }).ConfigureAwait(false);
        if (ct.IsCancellationRequested)
        {
            return;
        }

        if (rooms.Count > failed.Count)
        {
            LogEnded(target.Node, rooms.Count - failed.Count);
        }

        if (failed.TryPeek(out var first))
        {
            LogNotEnded(target.Node, failed.Count, first);
        }
    }

    /// <summary>Ends a room. Returns why it may not have ended, or null.</summary>
    private static async Task<string?> TryEndAsync(NodeControlClient client, RoomReport room, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(EndTimeout);
        try
        {
            await client.DeleteRoomAsync(room.Room, room.Generation, bounded.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or OperationCanceledException or LeadershipLostException)
        {
            return failed.Message;
        }
    }

    [LoggerMessage(2131, LogLevel.Information, "Media node {Node} no longer exists, but its process still had rooms. {Rooms} of them have ended.")]
    private partial void LogEnded(NamespacedName node, int rooms);

    [LoggerMessage(2132, LogLevel.Warning, "Media node {Node} no longer exists, but its process did not end {Rooms} of its rooms. Trying again in 20 s; the first failure was {Reason}")]
    private partial void LogNotEnded(NamespacedName node, int rooms, string reason);
}
