using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Maps an SSRC to its session. Clients choose their SSRCs, and all Chromium receivers send reports with SSRC 1. An SSRC that several sessions use maps to none,
/// so that a client cannot divert the packets of another client by using its SSRC.
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

    /// <summary>Reads the sender's SSRC of an RTP or RTCP packet, which SRTP does not encrypt (RFC 3711 §3.1, §3.4).</summary>
    public static bool TryReadSsrc(PacketKind kind, ReadOnlySpan<byte> datagram, out uint ssrc)
    {
        var offset = kind switch { PacketKind.Rtp => 8, PacketKind.Rtcp => 4, _ => int.MaxValue - 4 };
        var hasSsrc = datagram.Length >= offset + 4;
        ssrc = hasSsrc ? BinaryPrimitives.ReadUInt32BigEndian(datagram[offset..]) : 0;
        return hasSsrc;
    }

    private static Users Join(HashSet<PeerSession> all, PeerSession session)
    {
        all.Add(session);
        return new Users(null, all);
    }

    /// <summary>The sessions that use an SSRC: <paramref name="Only"/> when there is one, else <paramref name="All"/>.</summary>
    private readonly record struct Users(PeerSession? Only, HashSet<PeerSession>? All);
}
