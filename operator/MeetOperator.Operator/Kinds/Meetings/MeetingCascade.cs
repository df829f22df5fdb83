using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>The links between the media nodes of a meeting, for its status. Pure.</summary>
internal static class MeetingCascade
{
    /// <summary>The number of entries that the status may have; eight nodes have 56.</summary>
    private const int MaxLinks = 64;

    /// <param name="meeting">The assignments of the meeting.</param>
    /// <param name="rooms">Returns the room of the meeting in the last report of a node, or null.</param>
    /// <returns>One entry for each direction that a node reports, in the order of the assignments. Empty for a meeting on one node.</returns>
    public static IReadOnlyList<CascadeLink> Of(AssignedMeeting meeting, Func<NamespacedName, RoomReport?> rooms) =>
    [
        .. meeting.Nodes.SelectMany(sender => meeting.Nodes.Select(receiver => Find(sender.Node, receiver.Node, rooms(sender.Node)))).OfType<CascadeLink>().Take(MaxLinks),
    ];

    private static CascadeLink? Find(NamespacedName sender, NamespacedName receiver, RoomReport? room) =>
        room?.Links.FirstOrDefault(link => link.Peer == receiver.ToString()) is not { } link || sender == receiver ? null : new CascadeLink
        {
            From = sender.ToString(),
            To = receiver.ToString(),
            State = StateOf(link),
            RttMs = link.RttMs is { } rtt ? (int)Math.Clamp(Math.Round(rtt), 0, int.MaxValue) : null,
            LossPct = link.LossPct is { } loss ? Math.Round(loss, 1) : null,
            Kbps = link.KbpsOut,
        };

    private static LinkState StateOf(LinkReport link) => link.State switch
    {
        LinkEndState.Up => LinkState.Up,
        LinkEndState.Broken => LinkState.Broken,
        _ => LinkState.Opening,
    };
}
