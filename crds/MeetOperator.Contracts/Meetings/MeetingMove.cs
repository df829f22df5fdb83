using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.Meetings;

/// <summary>What became of the request in <c>spec.placement.moveTo</c>.</summary>
public sealed record MeetingMove
{
    /// <summary>The request's sfuNode.</summary>
    [MaxLength(253)]
    public string SfuNode { get; init; } = string.Empty;

    /// <summary>The request's namespace; absent if it has none.</summary>
    [MaxLength(63)]
    public string? Namespace { get; init; }

    /// <summary>The request's requestedAt; absent if it has none.</summary>
    public DateTimeOffset? RequestedAt { get; init; }

    /// <summary>
    /// Waiting for another change of the meeting's media nodes; Moving while the media node is prepared; Done once it is the origin; Refused when the meeting could not move there;
    /// Failed when the move began and was given up. The request is handled once: the last three are final.
    /// </summary>
    [UnknownAsNull]
    public MeetingMoveState? State { get; init; }

    /// <summary>What happened, and why.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }
}
