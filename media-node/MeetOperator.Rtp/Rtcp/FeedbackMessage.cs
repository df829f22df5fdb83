using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>A view of a transport or payload feedback packet (RFC 4585 §6.1).</summary>
public readonly ref struct FeedbackMessage
{
    private const int FixedLength = 8;

    private readonly RtcpPacket _packet;

    private FeedbackMessage(scoped in RtcpPacket packet) => _packet = packet;

    public RtcpPacketType Type => _packet.Type;

    public byte Format => _packet.CountOrFormat;

    /// <summary>The media stream of the feedback; 0 for formats whose entries carry the SSRC.</summary>
    public uint MediaSsrc => BinaryPrimitives.ReadUInt32BigEndian(_packet.Body[4..]);

    /// <summary>Feedback control information (FCI); its layout depends on the format.</summary>
    public ReadOnlySpan<byte> Information => _packet.Body[FixedLength..];

    public bool IsNack => Type == RtcpPacketType.TransportFeedback && Format == RtcpFeedbackFormat.TransportNack;

    public bool IsPictureLoss => Type == RtcpPacketType.PayloadFeedback && Format == RtcpFeedbackFormat.PayloadPictureLoss;

    public bool IsFullIntraRequest => Type == RtcpPacketType.PayloadFeedback && Format == RtcpFeedbackFormat.PayloadFullIntraRequest;

    /// <summary>The sequence numbers that a NACK requests; empty for other formats.</summary>
    public NackedSequenceNumbers NackedSequenceNumbers => new(IsNack ? Information : default);

    /// <summary>The SSRCs of a FIR; empty for other formats.</summary>
    public FullIntraRequests FullIntraRequests => new(IsFullIntraRequest ? Information : default);

    public static bool TryParse(scoped in RtcpPacket packet, out FeedbackMessage message)
    {
        message = default;
        if (packet.Type is not (RtcpPacketType.TransportFeedback or RtcpPacketType.PayloadFeedback) || packet.Body.Length < FixedLength)
        {
            return false;
        }

        message = new FeedbackMessage(packet);
        return true;
    }
}
