namespace MeetOperator.Relay.Channel;

/// <summary>A segment that was sent and is not acknowledged, in a place of the send window that is used again.</summary>
internal sealed class SentSegment
{
    internal byte[] Buffer { get; } = new byte[Segment.MaximumLength];

    internal int Length { get; set; }

    internal bool IsAcknowledged { get; set; }

    internal int Transmissions { get; set; }

    /// <summary>The position of the latest transmission among all transmissions of the channel.</summary>
    internal long Order { get; set; }

    internal long FirstSentTicks { get; set; }

    /// <summary>When the segment is sent again.</summary>
    internal long ResendTicks { get; set; }
}
