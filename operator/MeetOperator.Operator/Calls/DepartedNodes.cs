using System.Text.Json;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Ends the rooms of media nodes whose SfuNode no longer exists while their Pod still does. The cluster node of such a Pod may have been given up, and come back: its kubelet
/// then ends the Pod, but may take most of a minute. Thread-safe.
/// </summary>
/// <remarks>
/// A process is called by the name in its certificate, so that another one at the same address is never meant. It rejects a call with the term of a former leader.
/// </remarks>
internal sealed partial class DepartedNodes : IAsyncDisposable
{
    /// <summary>Name of the loops in metrics.</summary>
    public const string LoopName = "departed-node";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RoundTimeout = TimeSpan.FromMinutes(10);
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
        while (!ct.IsCancellationRequested)
        {
            heartbeat.Beat();
            if (await FindReportAsync(client, ct).ConfigureAwait(false) is { } report)
            {
                foreach (var room in rooms.FindDue(report, _time.GetElapsedTime(0)))
                {
                    await EndAsync(client, target, room, ct).ConfigureAwait(false);
                }
            }

            await Task.Delay(Interval, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            return ReportRules.FindRejection(report, _clients.Term) is null ? report : null;
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or JsonException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task EndAsync(NodeControlClient client, PollTarget target, RoomReport room, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(EndTimeout);
        try
        {
            await client.DeleteRoomAsync(room.Room, room.Generation, bounded.Token).ConfigureAwait(false);
            LogEnded(target.Node, room.Room);
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or OperationCanceledException or LeadershipLostException)
        {
            LogNotEnded(target.Node, room.Room, failed.Message);
        }
    }

    [LoggerMessage(2131, LogLevel.Information, "Media node {Node} no longer exists, but its process still had room {Room}. The room has ended there.")]
    private partial void LogEnded(NamespacedName node, string room);

    [LoggerMessage(2132, LogLevel.Warning, "Media node {Node} no longer exists, and its process did not end room {Room}, will retry: {Reason}")]
    private partial void LogNotEnded(NamespacedName node, string room, string reason);
}
