using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>The reasons why a meeting leaves a media node. A cordon never moves a meeting, and what leaves an overloaded node is decided by <see cref="StressRules"/>. Pure.</summary>
internal static class LeaveReasons
{
    /// <summary>The reason why the meeting must leave even if no other node can take it, or null.</summary>
    public static string? FindLoss(NodeAssignment current, NodeSnapshot? node) => node switch
    {
        null => $"{current.SfuNode} no longer exists",
        { State: SfuNodeState.Unhealthy, MayBeAlive: false } => $"{current.SfuNode} is not serving",
        { HasLostRooms: true } => $"the process of {current.SfuNode} has ended",
        { IsForcedDrainDue: true } => $"{current.SfuNode} is being force-drained",
        _ when current.RoomRejection is not null => $"{current.SfuNode} rejected the room ({current.RoomRejection})",
        _ when current.State == NodeAssignmentState.Lost => $"{current.SfuNode} restarted",
        _ => null,
    };

    /// <summary>The reason why the meeting should leave if another node can take it, or null.</summary>
    public static string? FindWish(NodeAssignment current, NodeSnapshot node) =>
        node.IsDrainDue ? $"{current.SfuNode} is being drained" : node.ServesMeeting ? $"a media loop of {current.SfuNode} is stuck"
        : node.IsCutOff ? $"clients cannot reach {current.SfuNode}" : null;
}
