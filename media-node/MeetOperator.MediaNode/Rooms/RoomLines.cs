using MeetOperator.MediaNode.Sessions;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The subscribers of a room by their address. Those with one address share its line fairly. Used only on the loop's thread.</summary>
internal sealed class RoomLines
{
    private const long IntervalTicks = TimeSpan.TicksPerSecond;
    private readonly Dictionary<(ulong High, ulong Low), AddressGroup> _groups = [];
    private long _nextTicks;

    public void HandleTimeout(long nowTicks, RoomParticipants participants)
    {
        if (nowTicks < _nextTicks)
        {
            return;
        }

        _nextTicks = nowTicks + IntervalTicks;
        participants.ForEachSubscriber(this, static (_, session, lines) => lines.Add(session));
        foreach (var (address, group) in _groups)
        {
            if (group.Subscribers.Count == 0)
            {
                _groups.Remove(address);
                continue;
            }

            group.Line.Update(nowTicks, group.Subscribers);
            group.Subscribers.Clear();
        }
    }

    /// <summary>One IPv4 address, or the 64 bits that one IPv6 network has (RFC 4291 §2.5.4).</summary>
    internal static (ulong High, ulong Low) NetworkOf(TransportAddress address) => (address.High, address.IsIPv4 ? address.Low : 0);

    private void Add(SubscribeSession session)
    {
        if (session.Peer.Transport.SelectedAddress is not { } address)
        {
            return;
        }

        var network = NetworkOf(address);
        if (!_groups.TryGetValue(network, out var group))
        {
            _groups[network] = group = new AddressGroup([], new SharedLine());
        }

        group.Subscribers.Add(session.Subscriber);
    }

    private sealed record AddressGroup(List<Subscriber> Subscribers, SharedLine Line);
}
