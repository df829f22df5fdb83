using MeetOperator.Contracts.Meetings;

namespace MeetOperator.KubectlMeet.Topology;

/// <summary>How the media of a meeting flows.</summary>
internal sealed record MeetingTopology
{
    public required string Meeting { get; init; }

    /// <summary><c>Sfu</c>, <c>P2P</c>, or empty before the meeting is placed.</summary>
    public required string Media { get; init; }
    public required int Participants { get; init; }
    public required IReadOnlyList<TopologyNode> Nodes { get; init; }

    /// <summary>The links between the media nodes, one for each direction.</summary>
    public required IReadOnlyList<TopologyLink> Links { get; init; }

    /// <summary>Reads the topology from the status of a meeting.</summary>
    public static MeetingTopology Of(Meeting meeting)
    {
        var status = meeting.Status ?? new MeetingStatus();
        return new MeetingTopology
        {
            Meeting = meeting.Metadata.NamespacedName.ToString(),
            Media = $"{status.Topology}",
            Participants = status.Participants,
            Nodes =
            [
                .. status.Assignments.Select(node => new TopologyNode($"{node.Namespace}/{node.SfuNode}", $"{node.Role}", $"{node.State}", node.Region, node.Participants, node.Generation)),
                .. status.FormerNodes.Select(node => new TopologyNode($"{node.Namespace}/{node.SfuNode}", "Former", "Leaving", null, null, node.Generation)),
            ],
            Links = [.. status.Cascade.Select(link => new TopologyLink(link.From, link.To, $"{link.State}", link.RttMs, link.LossPct, link.Kbps))],
        };
    }
}

/// <summary>One media node of a meeting.</summary>
/// <param name="Node">Namespace and name.</param>
/// <param name="Role">Role of the node for the meeting; <c>Former</c> if the meeting has left it while people remain.</param>
/// <param name="State">State of the meeting on it.</param>
/// <param name="Region">Region of its pool; null if unknown.</param>
/// <param name="Participants">People on it; null if unknown.</param>
/// <param name="Generation">Generation of the room.</param>
internal sealed record TopologyNode(string Node, string Role, string State, string? Region, int? Participants, long Generation);

/// <summary>One direction of the link between two media nodes, as the sending one reports it.</summary>
/// <param name="From">Namespace and name of the media node that sends.</param>
/// <param name="To">Namespace and name of the media node that receives.</param>
/// <param name="State">Opening, Up or Broken; empty if unknown.</param>
/// <param name="RttMs">Round-trip time in milliseconds; null before the first measurement.</param>
/// <param name="LossPct">Packets that did not arrive, in percent; null before the first measurement.</param>
/// <param name="Kbps">Media sent, in kilobits per second.</param>
internal sealed record TopologyLink(string From, string To, string State, int? RttMs, double? LossPct, long Kbps);
