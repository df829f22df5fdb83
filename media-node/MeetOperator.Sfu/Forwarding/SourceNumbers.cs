using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>The numbers of a packet that a receiver expects to be continuous, as its source numbered it.</summary>
internal readonly struct SourceNumbers
{
    /// <summary>The 64-bit sequence number of the layer.</summary>
    public required long Sequence { get; init; }

    public required uint Timestamp { get; init; }

    /// <summary>The numbers in the payload descriptor.</summary>
    public PictureNumbers Picture { get; init; }

    /// <summary>The frame number of the dependency descriptor; 0 without a descriptor.</summary>
    public ushort Frame { get; init; }
}
