using MeetOperator.Contracts.SfuNodes;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>Whether a media node can be deleted without disconnecting participants. Pure.</summary>
internal static class NodeEmptiness
{
    /// <summary>
    /// True when no meeting is assigned to the node and no participant is connected: according to a report given while the node accepts no new rooms, or because the node is
    /// dead or has never served. Assignments alone do not show which clients are still connected.
    /// </summary>
    public static bool IsEmpty(NodeView view) => view.Meetings == 0
        && (view.IsDead
            || !view.HasServed
            || (view is { Decision.State: not SfuNodeState.Unhealthy, Report: { State: NodeControl.NodeState.Draining } report } && CountSessions(report) == 0));

    /// <summary>The number of participants or connected participants of a room, whichever is higher.</summary>
    public static int CountSessions(RoomReport room) => Math.Max(room.Participants, room.Connected);

    /// <summary>The number of participants or connections in the report, whichever is higher.</summary>
    public static int CountSessions(NodeReport report) => Math.Max(
        Math.Max(report.Participants, report.Rooms.Sum(CountSessions)),
        report.LoopReports.Sum(loop => loop.ConnectedSessions));
}
