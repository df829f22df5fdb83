using System.Buffers.Binary;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Srtp;

/// <summary>Verifies and decrypts inbound packets. Only packets with a valid tag change the state.</summary>
internal sealed class SrtpReceiver(SrtpKeys keys, int maximumStreams, bool startsAnywhere = false) : IDisposable
{
    private const int RtcpHeaderLength = 8;

    /// <summary>Maximum length of a packet that is tried with two rollover counters. Datagrams of media are shorter.</summary>
    private const int MaximumCopyLength = 2048;

    private readonly SrtpTransform _transform = SrtpTransform.Create(keys, outbound: false);
    private readonly SrtpStreams _streams = new(maximumStreams);

    internal bool IsNewestPacket { get; private set; }

    internal int StreamsOpened { get; private set; }

    internal bool IsNearLimit => _streams.IsNearLimit;

    internal SrtpStatus UnprotectRtp(Span<byte> packet, out int length)
    {
        length = 0;
        if (!RtpHeader.TryParse(packet, out var header) || packet.Length < header.Length + _transform.RtpOverhead)
        {
            return SrtpStatus.Malformed;
        }

        var position = default(SrtpStreamPosition);
        var node = _streams.Find(header.Ssrc);
        var stream = node?.Value;
        if (stream is null && !_streams.CanOpen(header.Ssrc, out position))
        {
            return SrtpStatus.TooManyStreams;
        }

        if (!(stream is null ? position.TryEstimateIndex(header.SequenceNumber, out var index) : stream.TryEstimateIndex(header.SequenceNumber, out index)))
        {
            return SrtpStatus.Replayed;
        }

        var isFirst = (stream?.Position ?? position).NextRtp == 0;
        if (!(isFirst && startsAnywhere ? TryOpenFirst(ref index, header, packet) : _transform.OpenRtp(index, header.Ssrc, header.Length, packet)))
        {
            return SrtpStatus.NotAuthentic;
        }

        IsNewestPacket = Use(node, header.Ssrc, position).RecordIndex(index);
        length = packet.Length - _transform.RtpOverhead;
        return SrtpStatus.Ok;
    }

    internal SrtpStatus UnprotectRtcp(Span<byte> packet, out int length)
    {
        length = 0;
        if (packet.Length < RtcpHeaderLength + _transform.RtcpOverhead || packet[0] >> 6 != 2)
        {
            return SrtpStatus.Malformed;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        var word = BinaryPrimitives.ReadUInt32BigEndian(packet[^_transform.RtcpIndexFromEnd..]);
        var index = word & 0x7FFF_FFFF;
        var encrypted = (word & 0x8000_0000) != 0;
        var position = default(SrtpStreamPosition);
        var node = _streams.Find(ssrc);
        var stream = node?.Value;
        if (stream is null && !_streams.CanOpen(ssrc, out position))
        {
            return SrtpStatus.TooManyStreams;
        }

        if (!(stream?.AcceptsRtcp(index) ?? position.AcceptsRtcp(index)))
        {
            return SrtpStatus.Replayed;
        }

        if (!_transform.OpenRtcp(index, encrypted, ssrc, packet))
        {
            return SrtpStatus.NotAuthentic;
        }

        IsNewestPacket = Use(node, ssrc, position).RecordRtcpIndex(index);
        length = packet.Length - _transform.RtcpOverhead;
        return SrtpStatus.Ok;
    }

    public void Dispose() => _transform.Dispose();

    /// <summary>Opens the first packet of a stream, whose sequence number may have wrapped since the sender's first one.</summary>
    private bool TryOpenFirst(ref ulong index, in RtpHeader header, Span<byte> packet)
    {
        if (packet.Length > MaximumCopyLength)
        {
            return _transform.OpenRtp(index, header.Ssrc, header.Length, packet);
        }

        // A failed attempt overwrites the packet.
        Span<byte> copy = stackalloc byte[packet.Length];
        packet.CopyTo(copy);
        if (_transform.OpenRtp(index, header.Ssrc, header.Length, packet))
        {
            return true;
        }

        copy.CopyTo(packet);
        index += 1 << 16;
        return _transform.OpenRtp(index, header.Ssrc, header.Length, packet);
    }

    /// <summary>Records the use of a stream by an authentic packet, and opens the stream if this is its first one.</summary>
    private SrtpStream Use(LinkedListNode<SrtpStream>? node, uint ssrc, in SrtpStreamPosition position)
    {
        if (node is not null)
        {
            _streams.MarkUsed(node);
            return node.Value;
        }

        StreamsOpened++;
        return _streams.Open(ssrc, position);
    }
}
