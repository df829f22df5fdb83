namespace MeetOperator.Rtp.Rtcp;

/// <summary>A view of one packet of a compound.</summary>
public readonly ref struct RtcpPacket
{
    public const int HeaderLength = 4;

    internal RtcpPacket(ReadOnlySpan<byte> data) => Data = data;

    /// <summary>Header and body, without padding.</summary>
    public ReadOnlySpan<byte> Data { get; }

    public RtcpPacketType Type => (RtcpPacketType)Data[1];

    /// <summary>The five bits that count report blocks, sources or chunks, or name the format of feedback.</summary>
    public byte CountOrFormat => (byte)(Data[0] & 0x1F);

    public ReadOnlySpan<byte> Body => Data[HeaderLength..];
}
