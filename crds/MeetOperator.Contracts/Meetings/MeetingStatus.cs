using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.Meetings;

/// <summary>Observed state of a meeting.</summary>
public sealed record MeetingStatus
{
    /// <summary>Phase of the meeting. Participants can join in the phases Ready and Active. Written by the operator.</summary>
    [UnknownAsNull]
    public MeetingPhase? Phase { get; init; }

    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>ID of the meeting in the REST API and on media nodes: the object's name if that is a UUID, otherwise its uid.</summary>
    [MaxLength(64)]
    public string? MeetingId { get; init; }

    /// <summary>Link that participants open in a browser to join. Written by the operator.</summary>
    [MaxLength(2048)]
    public string? JoinUrl { get; init; }

    /// <summary>Number of participants according to the media nodes; usually at most 5 s old.</summary>
    public int Participants { get; init; }

    /// <summary>Highest number of concurrent participants so far. Written by the operator.</summary>
    public int PeakParticipants { get; init; }

    /// <summary>Time when the first participant joined, in UTC; absent before that. Written by the operator.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Time when the meeting last became empty, in UTC; absent while it has participants, also on former nodes.</summary>
    public DateTimeOffset? EmptySince { get; init; }

    /// <summary>Time when the meeting ended, in UTC; absent while it is open. Written by the operator.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Reason why the meeting ended: DesiredState, Empty or MaxDuration. Written by the operator.</summary>
    [MaxLength(64)]
    public string? EndReason { get; init; }

    /// <summary>Number of media nodes that currently carry the meeting, without a Standby. Written by the operator.</summary>
    public int SfuCount { get; init; }

    /// <summary>How sound and pictures flow; absent before the meeting is placed and after its end. Set by the operator when it places the meeting, then by signaling.</summary>
    [UnknownAsNull]
    public MediaTopology? Topology { get; init; }

    /// <summary>Region of the media node that carries the meeting; absent while there is none.</summary>
    [MaxLength(63)]
    public string? Region { get; init; }

    /// <summary>Human-readable summary of the current state and of any action that is required.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>The media nodes that carry the meeting. Written by the operator and read by signaling.</summary>
    [MaxItems(64)]
    [ListMapKey("namespace", "sfuNode")]
    public IReadOnlyList<MeetingAssignment> Assignments { get; init; } = [];

    /// <summary>The links between the meeting's media nodes, one entry for each direction; empty while the meeting is on one node. Written by the operator.</summary>
    [MaxItems(64)]
    [ListMapKey("from", "to")]
    public IReadOnlyList<CascadeLink> Cascade { get; init; } = [];

    /// <summary>Highest generation of an assignment that is not listed any more; absent while a listed one is higher. The next assignment gets a higher one. Written by the operator.</summary>
    [Range(1, 9_007_199_254_740_991)]
    public long? LastGeneration { get; init; }

    /// <summary>The media nodes in <see cref="Assignments"/> on one line, each with its role and, unless it is Ready, its state; absent while there is none.</summary>
    [MaxLength(2048)]
    public string? NodeSummary { get; init; }

    /// <summary>
    /// Media nodes that the meeting has moved away from and on which participants remain. Until these have left, the meeting does not count as empty. Written by the
    /// operator and read by signaling.
    /// </summary>
    [MaxItems(16)]
    public IReadOnlyList<FormerNode> FormerNodes { get; init; } = [];

    /// <summary>What became of the request in spec.placement.moveTo; absent without one. Written by the operator.</summary>
    public MeetingMove? Move { get; init; }

    /// <summary>Reasons why media nodes or pools were rejected in the last failed placement; at most 16 entries.</summary>
    [MaxItems(16)]
    public IReadOnlyList<PlacementRejection> Rejections { get; init; } = [];

    /// <summary>Conditions, each with a reason and a message: Ready, Accepted and Placed, and StandbyReady for availability class Critical. Complete replaces Ready once the meeting has ended.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
