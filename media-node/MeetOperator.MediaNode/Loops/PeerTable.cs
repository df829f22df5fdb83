using MeetOperator.MediaNode.Sessions;
using MeetOperator.Rtc;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Finds the session of a datagram: STUN by the user name fragment that it names, all else by its source address, and media from an address that
/// nobody has by its stream: a NAT can give a client another address in the middle of a call.
/// </summary>
internal sealed class PeerTable
{
    /// <summary>Addresses remembered for one session; a client has one a network interface and protocol.</summary>
    private const int MaxAddresses = 16;

    /// <summary>Streams by which one session is found at a new address; those that it opens first are the ones that it sends all the time.</summary>
    private const int MaxStreams = 16;
    private readonly Dictionary<string, Entry> _byUfrag = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, PeerSession> _byAddress = [];
    private readonly Dictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _byUfragSpan;
    private readonly StreamIndex _bySsrc = new();
    private readonly List<PeerSession> _sessions = [];

    public PeerTable() => _byUfragSpan = _byUfrag.GetAlternateLookup<ReadOnlySpan<char>>();

    public IReadOnlyList<PeerSession> Sessions => _sessions;

    public void Add(PeerSession session)
    {
        var entry = new Entry(session);
        entry.Ufrags.Enqueue(session.Transport.LocalCredentials.Ufrag);
        _byUfrag.Add(session.Transport.LocalCredentials.Ufrag, entry);
        _sessions.Add(session);
    }

    /// <summary>The session got new credentials; checks under those just before are still its own.</summary>
    public void Renew(PeerSession session, string formerUfrag)
    {
        if (_byUfrag.TryGetValue(formerUfrag, out var entry))
        {
            entry.Ufrags.Enqueue(session.Transport.LocalCredentials.Ufrag);
            _byUfrag.Add(session.Transport.LocalCredentials.Ufrag, entry);
            if (entry.Ufrags.Count > 2)
            {
                _byUfrag.Remove(entry.Ufrags.Dequeue());
            }
        }
    }

    /// <summary>False when it was not there any more.</summary>
    public bool Remove(PeerSession session)
    {
        if (_byUfrag.Remove(session.Transport.LocalCredentials.Ufrag, out var entry))
        {
            foreach (var ufrag in entry.Ufrags)
            {
                _byUfrag.Remove(ufrag);
            }

            foreach (var address in entry.Addresses)
            {
                Unbind(address, session);
            }

            foreach (var ssrc in entry.Ssrcs)
            {
                _bySsrc.Remove(ssrc, session);
            }
        }

        return _sessions.Remove(session);
    }

    /// <summary>The session that the datagram claims to be for, or null. The claim is proved by the session itself.</summary>
    public PeerSession? Find(in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        var kind = PacketClassifier.Classify(datagram);
        if (kind != PacketKind.Stun)
        {
            return _byAddress.GetValueOrDefault(from.Key) ?? _bySsrc.Find(kind, datagram);
        }

        if (!StunMessage.TryReadLocalUfrag(datagram, out var ufrag) || ufrag.Length > 64)
        {
            return _byAddress.GetValueOrDefault(from.Key);
        }

        Span<char> name = stackalloc char[64];
        for (var i = 0; i < ufrag.Length; i++)
        {
            name[i] = (char)ufrag[i];
        }

        return _byUfragSpan.TryGetValue(name[..ufrag.Length], out var entry) ? entry.Session : null;
    }

    /// <summary>The session's peer proved that it is behind this address, with <paramref name="datagram"/>.</summary>
    public void Bind(long nowTicks, in TransportAddress address, ReadOnlySpan<byte> datagram, PeerSession session)
    {
        var isKnown = _byAddress.TryGetValue(address.Key, out var holder) && holder == session;
        if ((isKnown && session.StreamsIndexed == session.Transport.StreamsOpened)
            || !_byUfrag.TryGetValue(session.Transport.LocalCredentials.Ufrag, out var entry))
        {
            return;
        }

        if (session.StreamsIndexed != session.Transport.StreamsOpened)
        {
            session.StreamsIndexed = session.Transport.StreamsOpened;
            Index(entry, datagram);
        }

        // A check can carry another client's address as its source, and must not take what that one sends.
        if (isKnown || holder?.Transport.Holds(nowTicks, address) == true)
        {
            return;
        }

        if (entry.Addresses.Count == MaxAddresses)
        {
            Unbind(entry.Addresses.Dequeue(), session);
        }

        entry.Addresses.Enqueue(address.Key);
        _byAddress[address.Key] = session;
    }

    private void Unbind(ulong address, PeerSession session)
    {
        if (_byAddress.TryGetValue(address, out var holder) && holder == session)
        {
            _byAddress.Remove(address);
        }
    }

    private void Index(Entry entry, ReadOnlySpan<byte> datagram)
    {
        if (entry.Ssrcs.Count < MaxStreams && StreamIndex.TryReadSsrc(PacketClassifier.Classify(datagram), datagram, out var ssrc) && entry.Ssrcs.Add(ssrc))
        {
            _bySsrc.Add(ssrc, entry.Session);
        }
    }

    private sealed record Entry(PeerSession Session)
    {
        public Queue<string> Ufrags { get; } = new();

        public Queue<ulong> Addresses { get; } = new();

        public HashSet<uint> Ssrcs { get; } = [];
    }
}
