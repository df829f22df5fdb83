namespace MeetOperator.NodeControl;

/// <summary>What a media node says of itself; polled by the operator, the measure that placement uses.</summary>
public sealed record NodeReport
{
    public required string Node { get; init; }
    public required string Version { get; init; }

    /// <summary>Changes at every start of the process, so that a restart is noticed even within one poll interval.</summary>
    public required string InstanceId { get; init; }
    public required NodeState State { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Highest term of the operator's leadership that the node has seen (<see cref="TermHeader"/>); null before the first.</summary>
    public long? Term { get; init; }

    /// <summary>The certificate that it serves with, and whom it trusts.</summary>
    public CredentialReport? Credentials { get; init; }
    public int Loops { get; init; }

    /// <summary>One entry a loop, whether it answers or not.</summary>
    public IReadOnlyList<LoopReport> LoopReports { get; init; } = [];
    public int Participants { get; init; }
    public int UpTracks { get; init; }
    public int DownTracks { get; init; }

    /// <summary>Egress of the last second, in kilobits per second.</summary>
    public long EgressKbps { get; init; }

    /// <summary>Share of the busiest loop's time that was spent working, 0 to 1.</summary>
    public double Stress { get; init; }

    /// <summary>RTP packets forwarded since start.</summary>
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
    public int Participants { get; init; }
    public int UpTracks { get; init; }
    public int DownTracks { get; init; }

    /// <summary>Participants with a connected transport.</summary>
    public int Connected { get; init; }

    /// <summary>Of these, participants of whom nothing at all came for 5 s; after 10 s their sessions fail.</summary>
    public int Silent { get; init; }

    /// <summary>
    /// RTP packets since the room began that ought to have gone out: of tracks that are not muted and have a subscriber who has been connected
    /// for 5 s. Counted at each report.
    /// </summary>
    public long PacketsIn { get; init; }

    /// <summary>RTP packets handed to the socket for the room's subscribers since it began.</summary>
    public long PacketsOut { get; init; }

    /// <summary>Set only on <c>GET /v1/rooms/{room}</c>.</summary>
    public IReadOnlyList<ParticipantReport>? ParticipantList { get; init; }
}

/// <summary>One participant of a room, as far as media goes.</summary>
public sealed record ParticipantReport
{
    public required string Participant { get; init; }
    public bool Publishing { get; init; }
    public bool Subscribing { get; init; }

    /// <summary>Id of the session in which the node offers, connected or not; empty when there is none, null from nodes of versions that did not tell.</summary>
    public string? SubscribeSession { get; init; }

    public IReadOnlyList<TrackDescription> Tracks { get; init; } = [];
}
