using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>Reception statistics of one stream in a report (RFC 3550 §6.4.1).</summary>
public readonly record struct ReportBlock
{
    public const int Length = 24;

    public uint Ssrc { get; init; }

    /// <summary>Fraction of packets lost since the last report, in 1/256.</summary>
    public byte FractionLost { get; init; }

    /// <summary>Packets lost since the start; negative when there are more duplicates than losses.</summary>
    public int CumulativeLost { get; init; }

    /// <summary>The number of cycles in the high 16 bits, the highest sequence number in the low 16 bits.</summary>
    public uint ExtendedHighestSequenceNumber { get; init; }

    /// <summary>Interarrival jitter in units of the media clock.</summary>
    public uint Jitter { get; init; }

    /// <summary>The middle 32 bits of the NTP time of the last sender report, or 0.</summary>
    public uint LastSenderReport { get; init; }

    /// <summary>Delay since the last sender report in 1/65536 s.</summary>
    public uint DelaySinceLastSenderReport { get; init; }

    /// <summary>Reads a block. The span must hold at least <see cref="Length"/> bytes.</summary>
    public static ReportBlock Read(ReadOnlySpan<byte> data) => new()
    {
        Ssrc = BinaryPrimitives.ReadUInt32BigEndian(data),
        FractionLost = data[4],
        CumulativeLost = (BinaryPrimitives.ReadInt32BigEndian(data[4..]) << 8) >> 8,
        ExtendedHighestSequenceNumber = BinaryPrimitives.ReadUInt32BigEndian(data[8..]),
        Jitter = BinaryPrimitives.ReadUInt32BigEndian(data[12..]),
        LastSenderReport = BinaryPrimitives.ReadUInt32BigEndian(data[16..]),
        DelaySinceLastSenderReport = BinaryPrimitives.ReadUInt32BigEndian(data[20..]),
    };

    /// <summary>Writes the block. The span must hold at least <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Ssrc);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], Math.Clamp(CumulativeLost, -0x80_0000, 0x7F_FFFF));
        destination[4] = FractionLost;
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ExtendedHighestSequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], LastSenderReport);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], DelaySinceLastSenderReport);
    }
}
