using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>A view of a sender report (RFC 3550 §6.4.1).</summary>
public readonly ref struct SenderReport
{
    /// <summary>Length of the SSRC and the sender information: NTP and RTP time, packet and octet counts.</summary>
    internal const int BodyLength = 24;

    private readonly ReadOnlySpan<byte> _body;

    private SenderReport(ReadOnlySpan<byte> body) => _body = body;

    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    /// <summary>NTP time in 32.32 fixed-point seconds since 1900.</summary>
    public ulong NtpTimestamp => BinaryPrimitives.ReadUInt64BigEndian(_body[4..]);

    /// <summary>The RTP timestamp of the same moment.</summary>
    public uint RtpTimestamp => BinaryPrimitives.ReadUInt32BigEndian(_body[12..]);

    public static bool TryParse(scoped in RtcpPacket packet, out SenderReport report)
    {
        report = default;
        if (packet.Type != RtcpPacketType.SenderReport || packet.Body.Length < BodyLength + (packet.CountOrFormat * ReportBlock.Length))
        {
            return false;
        }

        report = new SenderReport(packet.Body);
        return true;
    }
}
