using System.Net;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;

namespace MeetOperator.Operator.Fleet;

/// <summary>What a media node last reported about itself and about a meeting's room on it. Immutable.</summary>
internal sealed record ReportedRoom
{
    public required PollTarget Target { get; init; }
    public NamespacedName Node => Target.Node;

    /// <summary>The process that reported.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Timestamp at which the poll began. The report need not contain what changed later.</summary>
    public required long PollStarted { get; init; }

    /// <summary>False when the node has missed its last poll.</summary>
    public required bool IsAnswering { get; init; }

    /// <summary>Whether the node's version has links.</summary>
    public required bool CanLink { get; init; }

    /// <summary>The addresses at which other media nodes reach the media sockets.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>Limit of what the node sends over one link, in kilobits per second; null for none, and for a node of an earlier version.</summary>
    public int? MaxLinkKbps { get; init; }

    /// <summary>Null when the node has no room of the meeting.</summary>
    public required RoomReport? Room { get; init; }

    /// <summary>The report of one end of a link; null when the node does not have the link.</summary>
    public LinkReport? FindLink(string link) => Room?.Links.FirstOrDefault(found => found.Link == link);
}
