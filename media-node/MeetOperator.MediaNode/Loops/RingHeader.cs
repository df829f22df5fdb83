namespace MeetOperator.MediaNode.Loops;

/// <summary>What a packet in a <see cref="PacketRing"/> is.</summary>
/// <param name="Kind">The kind of the packet.</param>
/// <param name="Channel">The ordered channel of a message.</param>
/// <param name="Ticks">When it was written.</param>
internal readonly record struct RingHeader(RingKind Kind, uint Channel, long Ticks);

/// <summary>The kinds of packets between two loops.</summary>
internal enum RingKind : byte
{
    Rtp,
    Rtcp,

    /// <summary>A message of the ordered channel.</summary>
    Message,

    /// <summary>Opens a new channel.</summary>
    Channel,
}
