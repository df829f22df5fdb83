using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>The places for a meeting on the media nodes that it may go on using. Pure.</summary>
internal static class MeetingPlaces
{
    /// <summary>How many more of the meeting's participants a node of the meeting can take. Places that other meetings reserve are not free.</summary>
    public static int FreeOn(NodeSnapshot node, PlacementOptions options) => Math.Max(0, node.MaxParticipants - node.ExpectedParticipants(options));

    /// <summary>The participants on the node, and as many more as it can take.</summary>
    public static int TotalOn(AssignmentPlan plan, NodeAssignment node) =>
        node.Participants + (plan.SnapshotOf(node) is { } snapshot ? FreeOn(snapshot, plan.Input.Options) : 0);

    /// <summary>Whether participants can use the node and may stay there: it is Ready and serving, and nothing makes the meeting leave it.</summary>
    public static bool IsUsable(AssignmentPlan plan, NodeAssignment node) =>
        node is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Standby }
        && plan.SnapshotOf(node) is { State: not SfuNodeState.Unhealthy } snapshot
        && LeaveReasons.FindWish(node, snapshot) is null;

    /// <summary>The places on all usable nodes but one.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="without">A node that does not count; null when all do.</param>
    public static int Total(AssignmentPlan plan, NodeAssignment? without = null)
    {
        var total = 0L;
        foreach (var node in plan.Nodes)
        {
            total += node != without && IsUsable(plan, node) ? TotalOn(plan, node) : 0;
        }

        return (int)Math.Min(total, int.MaxValue);
    }

    /// <summary>
    /// Whether the participants of a node, and those on nodes that are being left, find places on the other nodes.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="left">The node to leave.</param>
    /// <param name="next">A node that is prepared to take participants; null when only usable nodes count.</param>
    public static bool SufficeWithout(AssignmentPlan plan, NodeAssignment left, NodeAssignment? next = null)
    {
        var (free, moving) = (0L, 0L);
        foreach (var node in plan.Nodes)
        {
            free += node != left && (node == next || IsUsable(plan, node)) ? TotalOn(plan, node) - node.Participants : 0;
            moving += node == left || node.State == NodeAssignmentState.Leaving ? node.Participants : 0;
        }

        return free >= moving;
    }
}
