namespace MeetOperator.Rtp.Rtcp;

/// <summary>A view of a receiver report (RFC 3550 §6.4.2).</summary>
public readonly ref struct ReceiverReport
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly int _count;

    private ReceiverReport(ReadOnlySpan<byte> body, int count)
    {
        _body = body;
        _count = count;
    }

    public ReportBlocks Reports => new(_body.Slice(4, _count * ReportBlock.Length));

    public static bool TryParse(scoped in RtcpPacket packet, out ReceiverReport report)
    {
        report = default;
        if (packet.Type != RtcpPacketType.ReceiverReport || packet.Body.Length < 4 + (packet.CountOrFormat * ReportBlock.Length))
        {
            return false;
        }

        report = new ReceiverReport(packet.Body, packet.CountOrFormat);
        return true;
    }
}
