namespace MeetOperator.Signaling.Data.Rows;

/// <summary>A track that a participant sends, as reported by the media node. Values that are not known yet are null.</summary>
public sealed record MediaStreamRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }

    /// <summary>Unique within the meeting.</summary>
    public required string StreamId { get; init; }
    public required string ParticipantId { get; init; }

    /// <summary>microphone, camera, screen or screen-audio.</summary>
    public required string StreamType { get; init; }
    public string? Codec { get; init; }
    public string? Resolution { get; init; }

    /// <summary>Bits per second.</summary>
    public long? Bitrate { get; init; }
}
