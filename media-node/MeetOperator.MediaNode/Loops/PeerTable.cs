using MeetOperator.MediaNode.Sessions;
using MeetOperator.Rtc;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Finds the session of a datagram: STUN by the user name fragment that it names, all else by its source address.</summary>
internal sealed class PeerTable
{
    /// <summary>Addresses remembered for one session; a client has one a network interface and protocol.</summary>
    private const int MaxAddresses = 16;
    private readonly Dictionary<string, Entry> _byUfrag = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, PeerSession> _byAddress = [];
    private readonly Dictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _byUfragSpan;
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

    public void Remove(PeerSession session)
    {
        if (_byUfrag.Remove(session.Transport.LocalCredentials.Ufrag, out var entry))
        {
            foreach (var ufrag in entry.Ufrags)
            {
                _byUfrag.Remove(ufrag);
            }

            foreach (var address in entry.Addresses)
            {
                if (_byAddress.TryGetValue(address, out var holder) && holder == session)
                {
                    _byAddress.Remove(address);
                }
            }
        }

        _sessions.Remove(session);
    }

    /// <summary>The session that the datagram claims to be for, or null. The claim is proved by the session itself.</summary>
    public PeerSession? Find(in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        if (PacketClassifier.Classify(datagram) != PacketKind.Stun)
        {
            return _byAddress.GetValueOrDefault(from.Key);
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

    /// <summary>The session's peer proved that it is behind this address.</summary>
    public void Bind(in TransportAddress address, PeerSession session)
    {
        if (_byAddress.TryGetValue(address.Key, out var holder) && holder == session)
        {
            return;
        }

        if (!_byUfrag.TryGetValue(session.Transport.LocalCredentials.Ufrag, out var entry))
        {
            return;
        }

        if (entry.Addresses.Count == MaxAddresses)
        {
            _byAddress.Remove(entry.Addresses.Dequeue());
        }

        entry.Addresses.Enqueue(address.Key);
        _byAddress[address.Key] = session;
    }

    private sealed record Entry(PeerSession Session)
    {
        public Queue<string> Ufrags { get; } = new();

        public Queue<ulong> Addresses { get; } = new();
    }
}
