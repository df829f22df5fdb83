using System.Buffers.Binary;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtc.Srtp;

/// <summary>The receiving half. State changes only for packets whose tag verified.</summary>
internal sealed class SrtpReceiver(SrtpKeys keys, int maximumStreams) : IDisposable
{
    /// <summary>Of so many times as many streams it is remembered how far they went; a browser opens a few in a call.</summary>
    private const int StreamsEver = 16;

    private const int RtcpHeaderLength = 8;

    private readonly SrtpTransform transform = SrtpTransform.Create(keys, outbound: false);
    private readonly SrtpStreams streams = new(maximumStreams, maximumStreams * StreamsEver);

    internal bool LastWasNewest { get; private set; }

    internal int StreamsOpened { get; private set; }

    internal SrtpStatus UnprotectRtp(Span<byte> packet, out int length)
    {
        length = 0;
        if (!RtpHeader.TryParse(packet, out var header) || packet.Length < header.Length + transform.RtpOverhead)
        {
            return SrtpStatus.Malformed;
        }

        var mark = default(SrtpStreamMark);
        var stream = streams.Find(header.Ssrc);
        if (stream is null && !streams.TryBegin(header.Ssrc, out mark))
        {
            return SrtpStatus.TooManyStreams;
        }

        if (!(stream is null ? mark.TryGuessIndex(header.SequenceNumber, out var index) : stream.TryGuessIndex(header.SequenceNumber, out index)))
        {
            return SrtpStatus.Replayed;
        }

        if (!transform.OpenRtp(index, header.Ssrc, header.Length, packet))
        {
            return SrtpStatus.NotAuthentic;
        }

        LastWasNewest = (stream ?? Open(header.Ssrc, mark)).TakeIndex(index);
        length = packet.Length - transform.RtpOverhead;
        return SrtpStatus.Ok;
    }

    internal SrtpStatus UnprotectRtcp(Span<byte> packet, out int length)
    {
        length = 0;
        if (packet.Length < RtcpHeaderLength + transform.RtcpOverhead || packet[0] >> 6 != 2)
        {
            return SrtpStatus.Malformed;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        var word = BinaryPrimitives.ReadUInt32BigEndian(packet[^transform.RtcpIndexFromEnd..]);
        var index = word & 0x7FFF_FFFF;
        var encrypted = (word & 0x8000_0000) != 0;
        var mark = default(SrtpStreamMark);
        var stream = streams.Find(ssrc);
        if (stream is null && !streams.TryBegin(ssrc, out mark))
        {
            return SrtpStatus.TooManyStreams;
        }

        if (!(stream?.AcceptsRtcp(index) ?? mark.AcceptsRtcp(index)))
        {
            return SrtpStatus.Replayed;
        }

        if (!transform.OpenRtcp(index, encrypted, ssrc, packet))
        {
            return SrtpStatus.NotAuthentic;
        }

        LastWasNewest = (stream ?? Open(ssrc, mark)).TakeRtcp(index);
        length = packet.Length - transform.RtcpOverhead;
        return SrtpStatus.Ok;
    }

    public void Dispose() => transform.Dispose();

    private SrtpStream Open(uint ssrc, in SrtpStreamMark mark)
    {
        StreamsOpened++;
        return streams.Open(ssrc, mark);
    }
}
