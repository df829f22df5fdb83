using System.Buffers.Binary;

namespace MeetOperator.Rtc.Srtp;

/// <summary>The sending half: gives every packet its index and never uses one twice.</summary>
internal sealed class SrtpSender(SrtpKeys keys) : IDisposable
{
    private const int MinimumRtpHeaderLength = 12;
    private const int RtcpHeaderLength = 8;

    /// <summary>As many as the sections of the largest session can use at once, with their retransmissions.</summary>
    private const int MaximumStreams = 1024;

    /// <summary>A session ends before it has used so many (<c>SubscriptionSlots</c>); then it sends nothing more, as no index may be used twice.</summary>
    private const int StreamsEver = 16 * MaximumStreams;

    private readonly SrtpTransform transform = SrtpTransform.Create(keys, outbound: true);
    private readonly SrtpStreams streams = new(MaximumStreams, StreamsEver);
    private uint nextRtcpIndex;

    internal int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        var length = header.Length + payload.Length + transform.RtpOverhead;
        if (header.Length < MinimumRtpHeaderLength || destination.Length < length)
        {
            return 0;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        if ((streams.Find(ssrc) ?? Open(ssrc)) is not { } stream)
        {
            return 0;
        }

        // An index twice under one key would reveal the key stream, and with GCM the authentication key
        // (RFC 3711 §9.1, RFC 7714 §10.1). Whoever sends a packet again does so on a stream of its own (RTX).
        if (!stream.TryGuessIndex(BinaryPrimitives.ReadUInt16BigEndian(header[2..]), out var index)
            || !transform.SealRtp(index, ssrc, header, payload, destination))
        {
            return 0;
        }

        stream.TakeIndex(index);
        return length;
    }

    internal int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination)
    {
        var length = packet.Length + transform.RtcpOverhead;
        if (packet.Length < RtcpHeaderLength || destination.Length < length || nextRtcpIndex > int.MaxValue)
        {
            return 0;
        }

        // One counter for all our SSRCs: unique for each of them, and a receiver's window only sees gaps.
        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        return transform.SealRtcp(nextRtcpIndex++, ssrc, packet, destination) ? length : 0;
    }

    internal SrtpStream StreamOf(uint ssrc) => streams.Find(ssrc) ?? Open(ssrc)!;

    public void Dispose() => transform.Dispose();

    private SrtpStream? Open(uint ssrc) => streams.TryBegin(ssrc, out var mark) ? streams.Open(ssrc, mark) : null;
}
