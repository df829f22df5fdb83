using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>A request to move the meeting to a certain media node, while people talk.</summary>
public sealed record MeetingMoveTo
{
    /// <summary>Name of the SfuNode to move to. Required; mutable.</summary>
    [RequiredField]
    [MaxLength(253)]
    [Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string SfuNode { get; init; } = string.Empty;

    /// <summary>Namespace of the SfuNode. Optional; default the meeting's own, otherwise a shared pool's; mutable.</summary>
    [MaxLength(63)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string? Namespace { get; init; }

    /// <summary>
    /// Time of the request, to the second. Another time makes the same move a new request. A request is refused if it is not handled within an hour. Optional; mutable.
    /// </summary>
    public DateTimeOffset? RequestedAt { get; init; }

    /// <summary>Whether both are the same request: the same node and, to the second, the same time.</summary>
    public bool IsSameRequest(MeetingMove handled)
    {
        ArgumentNullException.ThrowIfNull(handled);
        return SfuNode == handled.SfuNode && Namespace == handled.Namespace && RequestedAt?.ToUnixTimeSeconds() == handled.RequestedAt?.ToUnixTimeSeconds();
    }
}
