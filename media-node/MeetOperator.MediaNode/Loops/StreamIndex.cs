using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Which session a stream belongs to. Clients choose the numbers of their streams, and Chromium's receivers all report as 1: a number that two
/// sessions use leads to none, so that nobody can take another's packets by using his number.
/// </summary>
internal sealed class StreamIndex
{
    private readonly Dictionary<uint, (PeerSession? Session, int Users)> _streams = [];

    public void Add(uint ssrc, PeerSession session)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_streams, ssrc, out var exists);
        entry = exists ? (null, entry.Users + 1) : (session, 1);
    }

    public void Remove(uint ssrc)
    {
        if (_streams.TryGetValue(ssrc, out var entry))
        {
            if (entry.Users == 1)
            {
                _streams.Remove(ssrc);
            }
            else
            {
                _streams[ssrc] = (entry.Session, entry.Users - 1);
            }
        }
    }

    public PeerSession? Find(PacketKind kind, ReadOnlySpan<byte> datagram) =>
        TryReadSsrc(kind, datagram, out var ssrc) && _streams.TryGetValue(ssrc, out var entry) ? entry.Session : null;

    /// <summary>The sender of an RTP or RTCP packet, which SRTP leaves in the clear.</summary>
    public static bool TryReadSsrc(PacketKind kind, ReadOnlySpan<byte> datagram, out uint ssrc)
    {
        var offset = kind switch { PacketKind.Rtp => 8, PacketKind.Rtcp => 4, _ => int.MaxValue - 4 };
        var isThere = datagram.Length >= offset + 4;
        ssrc = isThere ? BinaryPrimitives.ReadUInt32BigEndian(datagram[offset..]) : 0;
        return isThere;
    }
}
