using MeetOperator.NodeControl.Links;

namespace MeetOperator.NodeControl;

/// <summary>State and load of a media node. The operator polls it and bases placement on it.</summary>
public sealed record NodeReport
{
    public required string Node { get; init; }
    public required string Version { get; init; }

    /// <summary>A new ID at every start of the process, so that a restart within one poll interval is detected.</summary>
    public required string InstanceId { get; init; }
    public required NodeState State { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The highest operator term that the node has received (<see cref="TermHeader"/>), or null when it has received none.</summary>
    public long? Term { get; init; }

    /// <summary>The server certificate in use and the trusted certificate authorities.</summary>
    public CredentialReport? Credentials { get; init; }
    public int Loops { get; init; }

    /// <summary>One entry for each loop, including loops that do not respond.</summary>
    public IReadOnlyList<LoopReport> LoopReports { get; init; } = [];

    /// <summary>
    /// IP addresses that the media sockets are bound to, one for each family; <c>0.0.0.0</c> and <c>::</c> mean every address of the Pod. Empty in reports of earlier versions.
    /// </summary>
    public IReadOnlyList<string> MediaAddresses { get; init; } = [];

    /// <summary>Whether the node can link its rooms with rooms on other nodes. Nodes of versions without links never set it, and their meetings move in one step.</summary>
    public bool CanLink { get; init; }

    /// <summary>Whether the node keeps links within <see cref="Links.LinkSpec.MaxKbps"/>. False in reports of earlier versions, which reject such links.</summary>
    public bool CanLimitLinks { get; init; }

    /// <summary>Whether the media ports answer STUN binding requests without credentials. False in reports of earlier versions, which drop them.</summary>
    public bool AnswersBindings { get; init; }

    /// <summary>The <see cref="NodeRelays.Revision"/> of the relays that the node knows; empty before it has got any. Null in reports of earlier versions, which need none.</summary>
    public string? RelaysRevision { get; init; }
    public int Participants { get; init; }
    public int UpTracks { get; init; }
    public int DownTracks { get; init; }

    /// <summary>Egress during the last second, in kilobits per second.</summary>
    public long EgressKbps { get; init; }

    /// <summary>The share of time that the busiest loop spent working, 0 to 1.</summary>
    public double Stress { get; init; }

    /// <summary>Media sessions of participants that connected or failed since the process started. Null in reports of earlier versions.</summary>
    public long? Connections { get; init; }

    /// <summary>The part of <see cref="Connections"/> that failed before it was connected; at most one of each room.</summary>
    public long? FailedConnections { get; init; }

    /// <summary>RTP packets forwarded since the process started.</summary>
    public long ForwardedPackets { get; init; }
    public required IReadOnlyList<RoomReport> Rooms { get; init; }
}

public enum NodeState
{
    Starting,
    Ready,
    Draining,
}

/// <summary>One room on the node.</summary>
public sealed record RoomReport
{
    public required string Room { get; init; }
    public long Generation { get; init; }

    /// <summary>UDP port at which links to the room end: that of its loop, or of its first one when it uses several. 0 in reports of earlier versions.</summary>
    public int Port { get; init; }
    public int Participants { get; init; }
    public int UpTracks { get; init; }
    public int DownTracks { get; init; }

    /// <summary>The node reads no payloads of this room, because they are encrypted between the clients. Nodes of earlier versions never set it.</summary>
    public bool E2ee { get; init; }

    /// <summary>What the node enforces of <see cref="RoomSpec.Connectivity"/>; null when nothing is limited. Nodes of earlier versions, which enforce nothing, never set it.</summary>
    public RoomConnectivity? Connectivity { get; init; }

    /// <summary>Participants with a connected transport.</summary>
    public int Connected { get; init; }

    /// <summary>
    /// The number of participants in each region, of at most 32 regions, without those that have none (<see cref="ParticipantSpec.Region"/>). Empty in reports of earlier versions.
    /// </summary>
    public IReadOnlyDictionary<string, int> Regions { get; init; } = new Dictionary<string, int>(0);

    /// <summary>Connected participants from whom no datagram arrived for 5 s. Their sessions fail after 10 s.</summary>
    public int Silent { get; init; }

    /// <summary>
    /// RTP packets since the room was created that the node was expected to forward: packets of tracks that are not muted and have a subscriber that has been
    /// connected for 5 s. Those that have crossed from another loop of the node do not count again. Updated by each report.
    /// </summary>
    public long PacketsIn { get; init; }

    /// <summary>RTP packets passed to the socket for the room's subscribers since the room was created. Those that cross between loops of the node do not count.</summary>
    public long PacketsOut { get; init; }

    /// <summary>What each loop has of the room, the first one first, when several have a part of it. Empty for a room on one loop, and in reports of earlier versions.</summary>
    public IReadOnlyList<RoomPartReport> Parts { get; init; } = [];

    /// <summary>The links of the room to other media nodes.</summary>
    public IReadOnlyList<LinkReport> Links { get; init; } = [];

    /// <summary>Set only on <c>GET /v1/rooms/{room}</c>.</summary>
    public IReadOnlyList<ParticipantReport>? ParticipantList { get; init; }
}

/// <summary>What one loop has of a room.</summary>
public sealed record RoomPartReport
{
    /// <summary>UDP port of the loop.</summary>
    public int Port { get; init; }
    public int Participants { get; init; }

    /// <summary>As <see cref="RoomReport.PacketsIn"/>, since the loop has had this part of the room, with those from other loops.</summary>
    public long PacketsIn { get; init; }

    /// <summary>As <see cref="RoomReport.PacketsOut"/>, since the loop has had this part of the room, with those to other loops.</summary>
    public long PacketsOut { get; init; }
}

/// <summary>The media sessions of one participant of a room.</summary>
public sealed record ParticipantReport
{
    public required string Participant { get; init; }
    public bool Publishing { get; init; }
    public bool Subscribing { get; init; }

    /// <summary>ID of the subscribe session, connected or not. Empty when there is none; null when it is not known: the loop of the participant does not respond, or the node runs a version without this field.</summary>
    public string? SubscribeSession { get; init; }

    public IReadOnlyList<TrackDescription> Tracks { get; init; } = [];
}
