using System.Runtime.InteropServices;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The subscribers of a room by their address. Those with one address share its line fairly. Used only on the loop's thread.</summary>
internal sealed class RoomLines
{
    private const long IntervalTicks = TimeSpan.TicksPerSecond;
    private readonly Dictionary<(ulong High, ulong Low), SharedLine> _lines = [];
    private long _nextTicks;

    public void HandleTimeout(long nowTicks, RoomParticipants participants)
    {
        if (nowTicks < _nextTicks)
        {
            return;
        }

        _nextTicks = nowTicks + IntervalTicks;
        participants.ForEachSubscriber(this, static (_, session, lines) => lines.Add(session));
        foreach (var (network, line) in _lines)
        {
            if (line.IsEmpty)
            {
                _lines.Remove(network);
                continue;
            }

            line.Share(nowTicks);
        }

        // An error in the work for a subscriber ends only its session.
        participants.ForEachSubscriber(this, static (_, session, lines) => lines.Find(session)?.Limit(session.Subscriber));
    }

    /// <summary>The line of a client; null while it has none, and on a tunnel, behind which it may be anywhere.</summary>
    internal static (ulong High, ulong Low)? LineOf(PeerTransport transport) => transport is { IsTunnel: false, SelectedAddress: { } address } ? NetworkOf(address) : null;

    /// <summary>One IPv4 address, or the 64 bits that one IPv6 network has (RFC 4291 §2.5.4).</summary>
    internal static (ulong High, ulong Low) NetworkOf(TransportAddress address) => (address.High, address.IsIPv4 ? address.Low : 0);

    private void Add(SubscribeSession session)
    {
        if (LineOf(session.Peer.Transport) is { } network)
        {
            ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, network, out _);
            (line ??= new SharedLine()).Add(session.Subscriber);
        }
    }

    private SharedLine? Find(SubscribeSession session) => LineOf(session.Peer.Transport) is { } network ? _lines.GetValueOrDefault(network) : null;
}
