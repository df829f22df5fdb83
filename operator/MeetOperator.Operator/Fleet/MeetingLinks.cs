using System.Security.Cryptography;
using System.Text;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Fleet;

/// <summary>The links between the media nodes of a meeting: each node is linked with each. Pure.</summary>
internal static class MeetingLinks
{
    /// <summary>The number of media nodes of a meeting that are linked.</summary>
    public const int MaxNodes = 8;

    /// <summary>
    /// The links of a meeting, also those that cannot be opened yet because a room is missing. An assignment whose room was lost needs none. Empty for a meeting with fewer
    /// than two nodes.
    /// </summary>
    public static IReadOnlyList<MeetingLink> Needed(AssignedMeeting meeting)
    {
        if (meeting.Nodes.Count < 2)
        {
            return [];
        }

        AssignedNode[] nodes =
        [
            .. meeting.Nodes.Where(static node => node.State != NodeAssignmentState.Lost).Take(MaxNodes).OrderBy(static node => node.Node.ToString(), StringComparer.Ordinal),
        ];
        return
        [
            .. nodes.SelectMany((opener, index) => nodes.Skip(index + 1).Select(acceptor => new MeetingLink(IdOf(meeting.MeetingId, opener.Node, acceptor.Node), opener, acceptor))),
        ];
    }

    /// <summary>
    /// Whether the node is linked with every other Ready node of the meeting: both reports show the link as up, with the same tags. True when there is no other Ready node.
    /// A node that does not answer keeps its last report. An edge that is not serving does not count: nobody could be linked with it, so the meeting could not move. Nor does a standby, which nobody uses.
    /// </summary>
    /// <param name="meeting">The assignments of the meeting.</param>
    /// <param name="node">A node of the meeting, in any state.</param>
    /// <param name="reports">Returns the room of the meeting in the last report of a node, or null.</param>
    /// <param name="isServing">Whether a node serves; null when all do.</param>
    public static bool IsLinked(AssignedMeeting meeting, NamespacedName node, Func<NamespacedName, RoomReport?> reports, Func<NamespacedName, bool>? isServing = null) =>
        meeting.Nodes.Where(other => other.Node != node && other is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Standby } && (other.Role == AssignmentRole.Origin || isServing?.Invoke(other.Node) != false))
            .All(other => IsUp(IdOf(meeting.MeetingId, node, other.Node), reports(node), reports(other.Node)));

    /// <summary>The ID of the link between two nodes, in any order. It does not reveal the ID of the meeting.</summary>
    public static string IdOf(string meetingId, NamespacedName one, NamespacedName other)
    {
        var (first, second) = (one.ToString(), other.ToString());
        var ends = string.CompareOrdinal(first, second) < 0 ? $"{meetingId}\n{first}\n{second}" : $"{meetingId}\n{second}\n{first}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ends)).AsSpan(0, 8));
    }

    /// <summary>Whether both reports show the same link.</summary>
    public static bool AreMatched(LinkReport? one, LinkReport? other) => one is not null && other is not null && one.Tag == other.PeerTag && one.PeerTag == other.Tag;

    private static bool IsUp(string link, RoomReport? one, RoomReport? other)
    {
        var (here, there) = (Find(one), Find(other));
        return AreMatched(here, there) && here!.State == LinkEndState.Up && there!.State == LinkEndState.Up;

        LinkReport? Find(RoomReport? room) => room?.Links.FirstOrDefault(found => found.Link == link);
    }
}
