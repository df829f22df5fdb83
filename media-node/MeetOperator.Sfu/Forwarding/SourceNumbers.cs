using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;

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

    /// <summary>Reads the numbers of a packet.</summary>
    /// <param name="codec">The codec of the payload.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="sequence">Its 64-bit sequence number.</param>
    /// <param name="descriptor">Where the dependency descriptor is in the packet; with length 0 for none.</param>
    public static SourceNumbers Read(VideoCodec codec, ReadOnlySpan<byte> data, in RtpHeader header, long sequence, HeaderExtensionElement descriptor) => new()
    {
        Sequence = sequence,
        Timestamp = header.Timestamp,
        Picture = PictureNumbers.Read(codec, data[header.Length..]),
        Frame = DependencyDescriptor.TryParse(data.Slice(descriptor.Offset, descriptor.Length), out var described) ? described.FrameNumber : (ushort)0,
    };
}
