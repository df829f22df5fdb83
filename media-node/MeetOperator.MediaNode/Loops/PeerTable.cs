using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Finds the session of a datagram: STUN by its username fragment, other datagrams by their path, and media from an unknown path by its SSRC, because
/// a NAT can change a client's address during a call. Used by the loop's thread.
/// </summary>
internal sealed class PeerTable
{
    /// <summary>Maximum number of paths of one session. A client has one for each network interface and protocol.</summary>
    private const int MaxPaths = 16;

    /// <summary>Maximum number of indexed streams of one session. The streams that a client opens first are the ones that it sends continuously.</summary>
    private const int MaxStreams = 16;
    private readonly Dictionary<string, Entry> _byUfrag = new(StringComparer.Ordinal);
    private readonly Dictionary<PathId, PeerSession> _byPath = [];
    private readonly Dictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _byUfragSpan;
    private readonly StreamIndex _bySsrc = new();
    private readonly List<PeerSession> _sessions = [];

    public PeerTable() => _byUfragSpan = _byUfrag.GetAlternateLookup<ReadOnlySpan<char>>();

    public IReadOnlyList<PeerSession> Sessions => _sessions;

    /// <summary>Tells other threads which sessions there are; null when nobody needs it.</summary>
    public LoopUfrags? Published { get; set; }

    public PeerSession? FindByUfrag(string ufrag) => _byUfrag.GetValueOrDefault(ufrag)?.Session;

    public void Add(PeerSession session)
    {
        var entry = new Entry(session);
        entry.Ufrags.Enqueue(session.Transport.LocalCredentials.Ufrag);
        _byUfrag.Add(session.Transport.LocalCredentials.Ufrag, entry);
        if (!session.Transport.IsTunnel)
        {
            Published?.Add(session); // a tunnel takes no TCP connections
        }

        _sessions.Add(session);
    }

    /// <summary>Registers new ICE credentials of a session. Checks with the previous credentials still find it.</summary>
    public void UpdateCredentials(PeerSession session, string formerUfrag)
    {
        if (_byUfrag.TryGetValue(formerUfrag, out var entry))
        {
            entry.Ufrags.Enqueue(session.Transport.LocalCredentials.Ufrag);
            _byUfrag.Add(session.Transport.LocalCredentials.Ufrag, entry);
            if (!session.Transport.IsTunnel)
            {
                Published?.Add(session);
            }

            if (entry.Ufrags.Count > 2)
            {
                Forget(entry.Ufrags.Dequeue());
            }
        }
    }

    /// <summary>Removes a session. Returns false when it was already removed.</summary>
    public bool Remove(PeerSession session)
    {
        if (_byUfrag.Remove(session.Transport.LocalCredentials.Ufrag, out var entry))
        {
            foreach (var ufrag in entry.Ufrags)
            {
                Forget(ufrag);
            }

            foreach (var path in entry.Paths)
            {
                Unbind(path, session);
            }

            foreach (var ssrc in entry.Ssrcs)
            {
                _bySsrc.Remove(ssrc, session);
            }
        }

        return _sessions.Remove(session);
    }

    /// <summary>Returns the session that the datagram appears to belong to, or null. The session itself authenticates the datagram.</summary>
    public PeerSession? Find(in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        var kind = PacketClassifier.Classify(datagram);
        if (kind != PacketKind.Stun)
        {
            return _byPath.GetValueOrDefault(from.Path) ?? _bySsrc.Find(kind, datagram);
        }

        if (!StunMessage.TryReadLocalUfrag(datagram, out var ufrag) || ufrag.Length > 64)
        {
            return _byPath.GetValueOrDefault(from.Path);
        }

        Span<char> name = stackalloc char[64];
        for (var i = 0; i < ufrag.Length; i++)
        {
            name[i] = (char)ufrag[i];
        }

        return _byUfragSpan.TryGetValue(name[..ufrag.Length], out var entry) ? entry.Session : null;
    }

    /// <summary>Binds the path of an address to a session after <paramref name="datagram"/> authenticated the peer at that address.</summary>
    public void Bind(long nowTicks, in TransportAddress address, ReadOnlySpan<byte> datagram, PeerSession session)
    {
        var isKnown = _byPath.TryGetValue(address.Path, out var owner) && owner == session;
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

        // A check can have a forged source address, and must not divert the packets of the client that uses this address.
        if (isKnown || owner?.Transport.IsInUse(nowTicks, address) == true)
        {
            return;
        }

        if (entry.Paths.Count == MaxPaths)
        {
            Unbind(entry.Paths.Dequeue(), session);
        }

        entry.Paths.Enqueue(address.Path);
        _byPath[address.Path] = session;
    }

    private void Forget(string ufrag)
    {
        _byUfrag.Remove(ufrag);
        Published?.Remove(ufrag);
    }

    private void Unbind(PathId path, PeerSession session)
    {
        if (_byPath.TryGetValue(path, out var owner) && owner == session)
        {
            _byPath.Remove(path);
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

        public Queue<PathId> Paths { get; } = new();

        public HashSet<uint> Ssrcs { get; } = [];
    }
}
