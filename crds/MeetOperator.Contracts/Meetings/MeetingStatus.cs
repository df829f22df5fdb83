using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What the operator sees of a meeting.</summary>
public sealed record MeetingStatus
{
    /// <summary>Where the meeting is in its life; Ready and Active can be joined. Written by the operator.</summary>
    public MeetingPhase? Phase { get; init; }

    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Id of the meeting in REST and on media nodes: the object's name when it is a UUID, else its uid.</summary>
    [MaxLength(64)]
    public string? MeetingId { get; init; }

    /// <summary>Link that people open in a browser to join. Written by the operator.</summary>
    [MaxLength(2048)]
    public string? JoinUrl { get; init; }

    /// <summary>Number of people in the meeting as the media nodes count them; at most 5 s old.</summary>
    public int Participants { get; init; }

    /// <summary>Largest number of people that were in the meeting at the same time. Written by the operator.</summary>
    public int PeakParticipants { get; init; }

    /// <summary>When the first person came, in UTC; absent while nobody has come. Written by the operator.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the meeting was last seen to become empty, in UTC; absent while people are in it.</summary>
    public DateTimeOffset? EmptySince { get; init; }

    /// <summary>When the meeting ended, in UTC; absent while it is open. Written by the operator.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why the meeting ended: DesiredState, Empty or MaxDuration. Written by the operator.</summary>
    [MaxLength(64)]
    public string? EndReason { get; init; }

    /// <summary>Number of media nodes that carry the meeting now. Written by the operator.</summary>
    public int SfuCount { get; init; }

    /// <summary>Region of the media node that carries the meeting; absent while it has none.</summary>
    [MaxLength(63)]
    public string? Region { get; init; }

    /// <summary>What a person should know about the meeting now, and what to do when something must be done.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>The media nodes that carry the meeting. Written by the operator, read by signaling.</summary>
    [MaxItems(64)]
    [ListMapKey("sfuNode")]
    public IReadOnlyList<MeetingAssignment> Assignments { get; init; } = [];

    /// <summary>Why media nodes or pools could not take the meeting at the last failed placement; at most 16 entries.</summary>
    [MaxItems(16)]
    public IReadOnlyList<PlacementRejection> Rejections { get; init; } = [];

    /// <summary>Observed aspects, each with a reason and a message: Ready, Accepted and Placed; Complete in place of Ready once it has ended.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
