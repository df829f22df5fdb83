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
    private readonly Dictionary<uint, Users> _streams = [];

    public void Add(uint ssrc, PeerSession session)
    {
        ref var users = ref CollectionsMarshal.GetValueRefOrAddDefault(_streams, ssrc, out var isUsed);
        users = !isUsed ? new Users(session, null)
            : users.All is { } all ? Join(all, session)
            : new Users(null, [users.Only!, session]);
    }

    public void Remove(uint ssrc, PeerSession session)
    {
        if (!_streams.TryGetValue(ssrc, out var users))
        {
            return;
        }

        if (users.Only == session)
        {
            _streams.Remove(ssrc);
        }
        else if (users.All is { } all && all.Remove(session) && all.Count == 1)
        {
            _streams[ssrc] = new Users(all.Single(), null);
        }
    }

    public PeerSession? Find(PacketKind kind, ReadOnlySpan<byte> datagram) =>
        TryReadSsrc(kind, datagram, out var ssrc) && _streams.TryGetValue(ssrc, out var users) ? users.Only : null;

    /// <summary>The sender of an RTP or RTCP packet, which SRTP leaves in the clear.</summary>
    public static bool TryReadSsrc(PacketKind kind, ReadOnlySpan<byte> datagram, out uint ssrc)
    {
        var offset = kind switch { PacketKind.Rtp => 8, PacketKind.Rtcp => 4, _ => int.MaxValue - 4 };
        var isThere = datagram.Length >= offset + 4;
        ssrc = isThere ? BinaryPrimitives.ReadUInt32BigEndian(datagram[offset..]) : 0;
        return isThere;
    }

    private static Users Join(HashSet<PeerSession> all, PeerSession session)
    {
        all.Add(session);
        return new Users(null, all);
    }

    /// <summary>The one session that uses a number, or all when there are several.</summary>
    private readonly record struct Users(PeerSession? Only, HashSet<PeerSession>? All);
}
