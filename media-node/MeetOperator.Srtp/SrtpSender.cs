using System.Buffers.Binary;

namespace MeetOperator.Srtp;

/// <summary>Encrypts outbound packets. Never uses an index twice.</summary>
internal sealed class SrtpSender(SrtpKeys keys, int maximumStreams) : IDisposable
{
    private const int MinimumRtpHeaderLength = 12;
    private const int RtcpHeaderLength = 8;

    /// <summary>Three quarters of the 2^31 indexes.</summary>
    private const uint NearRtcpLimit = 0x6000_0000;

    private readonly SrtpTransform _transform = SrtpTransform.Create(keys, outbound: true);
    private readonly SrtpStreams _streams = new(maximumStreams);
    private uint _nextRtcpIndex;

    internal bool IsNearLimit => _streams.IsNearLimit || _nextRtcpIndex >= NearRtcpLimit;

    internal int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        var length = header.Length + payload.Length + _transform.RtpOverhead;
        if (header.Length < MinimumRtpHeaderLength || destination.Length < length)
        {
            return 0;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        if (GetOrOpen(ssrc) is not { } stream)
        {
            return 0;
        }

        // Using an index twice with one key would reveal the key stream and, with GCM, the authentication key
        // (RFC 3711 §9.1, RFC 7714 §10.1). Retransmissions use a separate RTX stream.
        if (!stream.TryEstimateIndex(BinaryPrimitives.ReadUInt16BigEndian(header[2..]), out var index)
            || !_transform.SealRtp(index, ssrc, header, payload, destination))
        {
            return 0;
        }

        stream.RecordIndex(index);
        return length;
    }

    internal int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination)
    {
        var length = packet.Length + _transform.RtcpOverhead;
        if (packet.Length < RtcpHeaderLength || destination.Length < length || _nextRtcpIndex > int.MaxValue)
        {
            return 0;
        }

        // One counter for all local SSRCs keeps the index unique for each of them. A receiver's replay window accepts the gaps.
        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        return _transform.SealRtcp(_nextRtcpIndex++, ssrc, packet, destination) ? length : 0;
    }

    /// <summary>Returns the stream of an SSRC, or null when there are too many streams.</summary>
    internal SrtpStream? GetOrOpen(uint ssrc)
    {
        if (_streams.Find(ssrc) is not { } node)
        {
            return Open(ssrc);
        }

        _streams.MarkUsed(node);
        return node.Value;
    }

    public void Dispose() => _transform.Dispose();

    private SrtpStream? Open(uint ssrc) => _streams.CanOpen(ssrc, out var position) ? _streams.Open(ssrc, position) : null;
}
