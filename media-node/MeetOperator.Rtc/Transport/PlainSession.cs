using MeetOperator.Rtp.Packets;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Transport;

/// <summary>Packets as they are, for a connection that is encrypted and authenticated itself (a tunnel). Not thread-safe.</summary>
internal sealed class PlainSession : ISrtpSession
{
    /// <summary>The fixed part of an RTCP packet and the SSRC of its sender (RFC 3550 §6.4.2).</summary>
    private const int MinRtcpBytes = 8;

    public SrtpProfile? Profile => null;

    /// <summary>A reliable connection delivers packets in their order.</summary>
    public bool IsNewestPacket => true;

    /// <summary>Streams are never looked up by SSRC, because the connection tells the session.</summary>
    public int StreamsOpened => 0;

    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        var length = header.Length + payload.Length;
        if (length > destination.Length)
        {
            return 0;
        }

        header.CopyTo(destination);
        payload.CopyTo(destination[header.Length..]);
        return length;
    }

    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) => packet.TryCopyTo(destination) ? packet.Length : 0;

    public SrtpStatus UnprotectRtp(Span<byte> packet, out int length)
    {
        var isValid = RtpHeader.TryParse(packet, out _);
        length = isValid ? packet.Length : 0;
        return isValid ? SrtpStatus.Ok : SrtpStatus.Malformed;
    }

    public SrtpStatus UnprotectRtcp(Span<byte> packet, out int length)
    {
        var isValid = packet.Length >= MinRtcpBytes && packet[0] >> 6 == 2;
        length = isValid ? packet.Length : 0;
        return isValid ? SrtpStatus.Ok : SrtpStatus.Malformed;
    }

    public void Dispose()
    {
    }
}
