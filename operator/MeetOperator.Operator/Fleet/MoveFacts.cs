using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Fleet;

/// <summary>Gathers what the planner must know about a meeting on several media nodes. Pure.</summary>
internal static class MoveFacts
{
    /// <summary>A node that is not linked after this time takes the meeting without links, as nodes of earlier versions do.</summary>
    private static readonly TimeSpan PreparingLimit = TimeSpan.FromSeconds(15);

    /// <summary>The demand with the current facts about each assignment. Meetings on one node need none.</summary>
    public static MeetingDemand AddTo(MeetingDemand demand, AssignedMeeting? meeting, Func<NamespacedName, RoomReport?> rooms, TimeProvider time)
    {
        if (meeting is null || demand.Current is not { Nodes.Count: > 1 } current)
        {
            return demand;
        }

        return demand with { Current = current with { Nodes = [.. current.Nodes.Select(WithFacts)] } };

        NodeAssignment WithFacts(NodeAssignment assignment) =>
            meeting.On(new(assignment.Namespace, assignment.SfuNode)) is { } known && known.Generation == assignment.Generation
                ? assignment with { Facts = Of(meeting, known, rooms, time) }
                : assignment;
    }

    private static AssignmentFacts Of(AssignedMeeting meeting, AssignedNode node, Func<NamespacedName, RoomReport?> rooms, TimeProvider time)
    {
        var age = time.GetElapsedTime(node.StateSince);
        return new AssignmentFacts
        {
            HasRoom = node.RoomExists,
            IsLinked = node.RoomExists && MeetingLinks.IsLinked(meeting, node.Node, rooms),
            IsOverdue = node.State == NodeAssignmentState.Preparing && age >= PreparingLimit,
            IsEmpty = node.IsLeft,
            IsPastDeadline = node.State == NodeAssignmentState.Leaving && age >= node.LeaveTime,
        };
    }
}
