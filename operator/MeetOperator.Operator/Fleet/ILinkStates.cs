using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>What reports say about links between the rooms of a meeting. Pure and called under the fleet's lock.</summary>
internal interface ILinkStates
{
    /// <summary>Whether the node's version can link its rooms with rooms on other nodes.</summary>
    bool CanLink(NodeReport report);

    /// <summary>
    /// Whether the meeting's room on <paramref name="node"/> is linked with its room on every other node in the state Ready, according to the last reports of both ends.
    /// </summary>
    /// <param name="meeting">The assignments of the meeting.</param>
    /// <param name="node">A node of the meeting, in any state.</param>
    /// <param name="rooms">Returns the room of the meeting in the last report of a node, or null.</param>
    bool IsLinked(AssignedMeeting meeting, NamespacedName node, Func<NamespacedName, RoomReport?> rooms);
}
