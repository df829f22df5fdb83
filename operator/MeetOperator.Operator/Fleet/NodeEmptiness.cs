using MeetOperator.Contracts;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>Whether a media node may go without taking anybody out of a meeting. Pure.</summary>
internal static class NodeEmptiness
{
    /// <summary>
    /// No meeting is assigned to it, and nobody is on it: by its own report, given while it takes no new rooms; or because it is dead or never served.
    /// What the operator has assigned says nothing about who is still connected.
    /// </summary>
    public static bool Holds(NodeView view) => view.Meetings == 0
        && (view.IsDead
            || !view.Served
            || (view is { Verdict.State: not SfuNodeState.Unhealthy, Report: { State: NodeControl.NodeState.Draining } report } && Sessions(report) == 0));

    /// <summary>People and connections that the report names.</summary>
    public static int Sessions(NodeReport report) => Math.Max(
        Math.Max(report.Participants, report.Rooms.Sum(room => Math.Max(room.Participants, room.Connected))),
        report.LoopReports.Sum(loop => loop.ConnectedSessions));
}
