namespace MeetOperator.Rtp.Rtcp;

/// <summary>A view of one packet in a compound packet.</summary>
public readonly ref struct RtcpPacket
{
    public const int HeaderLength = 4;

    internal RtcpPacket(ReadOnlySpan<byte> data) => Data = data;

    /// <summary>Header and body, without padding.</summary>
    public ReadOnlySpan<byte> Data { get; }

    public RtcpPacketType Type => (RtcpPacketType)Data[1];

    /// <summary>The five-bit field that counts report blocks, sources or chunks, or identifies the feedback format.</summary>
    public byte CountOrFormat => (byte)(Data[0] & 0x1F);

    public ReadOnlySpan<byte> Body => Data[HeaderLength..];
}
