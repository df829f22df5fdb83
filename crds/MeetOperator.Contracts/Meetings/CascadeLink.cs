using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.Meetings;

/// <summary>One direction of the link between two media nodes of a meeting, as the sending node reports it.</summary>
public sealed record CascadeLink
{
    /// <summary>The media node that sends, as namespace/name. Written by the operator.</summary>
    [MaxLength(317)]
    public required string From { get; init; }

    /// <summary>The media node that receives, as namespace/name. Written by the operator.</summary>
    [MaxLength(317)]
    public required string To { get; init; }

    /// <summary>Opening until the link works for the first time, Up while it works, Broken when it has stopped working.</summary>
    [UnknownAsNull]
    public LinkState? State { get; init; }

    /// <summary>Round-trip time in milliseconds; usually at most 5 s old. Absent before the first measurement.</summary>
    public int? RttMs { get; init; }

    /// <summary>Media packets that did not arrive, in percent; usually at most 5 s old. Absent before the first measurement.</summary>
    public double? LossPct { get; init; }

    /// <summary>Media sent, in kilobits per second; usually at most 5 s old.</summary>
    public long Kbps { get; init; }
}
