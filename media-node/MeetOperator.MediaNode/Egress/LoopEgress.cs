using MeetOperator.MediaNode.Time;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Egress;

/// <summary>The send side of one loop. Collects packets per peer and sends them together in <see cref="Flush"/>. Used by the loop's thread.</summary>
internal sealed class LoopEgress : IDisposable
{
    /// <summary>Preallocated lanes for STUN and DTLS. More are allocated when a batch contains more peers.</summary>
    private const int ControlLanes = 64;
    private readonly SocketEgress[] _sockets;
    private readonly SocketEgress? _ipv4;
    private readonly SocketEgress? _ipv6;
    private readonly Func<long> _clock;
    private readonly List<EgressLane> _waiting = new(256);
    private readonly Dictionary<PathId, EgressLane> _controlLanes = [];
    private readonly Stack<EgressLane> _idleControlLanes = new();
    private long _unroutable;

    /// <param name="sockets">The sockets that send all datagrams: at most one of each family.</param>
    /// <param name="clock">Monotonic time in 100 ns ticks. Read only when a message is rejected or delayed.</param>
    public LoopEgress(IReadOnlyList<UdpSocket> sockets, Func<long>? clock = null)
    {
        _clock = clock ?? (() => MonotonicClock.NowTicks);
        Streams = new StreamEgress(_clock);
        _sockets = [.. sockets.Select(socket => new SocketEgress(socket, _clock))];
        _ipv4 = Array.Find(_sockets, s => !s.IsIPv6);
        _ipv6 = Array.Find(_sockets, s => s.IsIPv6);
        for (var i = 0; i < ControlLanes; i++)
        {
            _idleControlLanes.Push(new EgressLane(this));
        }
    }

    public SlabPool Slabs { get; } = new();

    /// <summary>The TCP connections.</summary>
    public StreamEgress Streams { get; }

    public long NowTicks => _clock();

    public bool IsEmpty => _waiting.Count == 0 && Streams.IsEmpty;

    public long SentDatagrams => Sum(t => t.Total.Datagrams) + Streams.Total.Datagrams;

    public long SentBytes => Sum(t => t.Total.Bytes) + Streams.Total.Bytes;

    /// <summary>Messages passed to the kernel. The ratio of datagrams to messages shows how well segmentation merges them.</summary>
    public long SentMessages => Sum(t => t.Total.Messages) + Streams.Total.Messages;

    /// <summary>Whether the kernel's send buffer of a UDP socket is full. <see cref="Drain"/> sends the backlog when the socket is writable again.</summary>
    public bool IsBlocked => BlockedSockets != 0;

    /// <summary>Bit i is set when the send buffer of socket i is full.</summary>
    public int BlockedSockets => (_sockets[0].IsBlocked ? 1 : 0) | (_sockets.Length > 1 && _sockets[1].IsBlocked ? 2 : 0);

    /// <summary>Messages that waited in the backlog because the kernel's send buffer was full.</summary>
    public long DelayedMessages => Sum(t => t.DelayedMessages);

    /// <summary>Datagrams that the kernel did not accept in time.</summary>
    public long DiscardedDatagrams => Sum(t => t.Total.Discarded) + _unroutable;

    /// <summary>Whether all sockets send segmented messages.</summary>
    public bool Segmentation => Array.TrueForAll(_sockets, s => s.Segmentation);

    /// <summary>Whether there is a socket of the family of an address.</summary>
    public bool CanReach(in TransportAddress address) => (address.IsIPv4 ? _ipv4 : _ipv6) is not null;

    /// <summary>Turns segmentation on or off. It is off on kernels without support, and goes off for a minute when the device rejects segmented messages.</summary>
    public void UseSegmentation(bool use) => Array.ForEach(_sockets, s => s.UseSegmentation(use));

    public void Enlist(EgressLane lane) => _waiting.Add(lane);

    /// <summary>Queues a STUN or DTLS datagram, whose destination can differ from the selected address.</summary>
    public void SendControl(TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        if (to.Connection != 0)
        {
            Streams.Find(to.Connection).Send(StreamLane.Urgent, datagram);
            return;
        }

        var lane = ControlLane(to);
        if (!lane.HasSpace(datagram.Length))
        {
            // Flush takes back all control lanes, including this one.
            Flush();
            lane = ControlLane(to);
        }

        datagram.CopyTo(lane.Reserve(datagram.Length));
        lane.Commit(datagram.Length);
    }

    public void Flush()
    {
        Streams.Flush();
        if (_waiting.Count == 0)
        {
            return;
        }

        try
        {
            foreach (var socket in _sockets)
            {
                socket.Begin();
            }

            for (var i = 0; i < _waiting.Count; i++)
            {
                _waiting[i].HandOver(i);
            }

            foreach (var socket in _sockets)
            {
                socket.Send(_waiting);
            }
        }
        finally
        {
            // Also after an error, so that the next flush does not send the same packets again.
            Release();
        }
    }

    /// <summary>Sends the backlog.</summary>
    public void Drain()
    {
        foreach (var socket in _sockets)
        {
            socket.Drain();
        }
    }

    /// <summary>Adds one message of a lane to the batch of its family. Its bytes must not change until the end of <see cref="Flush"/>.</summary>
    internal void Send(in UnsentMessage message, bool singly, int mark)
    {
        if ((message.IsIPv4 ? _ipv4 : _ipv6) is { } socket)
        {
            socket.Add(message, singly, _waiting, mark);
        }
        else
        {
            _unroutable += message.Datagrams;
        }
    }

    /// <summary>Returns the control lane of a destination. It belongs to that destination until the next flush.</summary>
    private EgressLane ControlLane(TransportAddress to)
    {
        if (!_controlLanes.TryGetValue(to.Path, out var lane))
        {
            lane = _idleControlLanes.TryPop(out var idle) ? idle : new EgressLane(this);
            lane.Destination = to;
            _controlLanes[to.Path] = lane;
        }

        return lane;
    }

    private void Release()
    {
        foreach (var socket in _sockets)
        {
            socket.Clear();
        }

        foreach (var lane in _waiting)
        {
            lane.Release(Slabs);
        }

        _waiting.Clear();
        foreach (var lane in _controlLanes.Values)
        {
            _idleControlLanes.Push(lane);
        }

        _controlLanes.Clear();
    }

    private long Sum(Func<SocketEgress, long> figure)
    {
        var sum = 0L;
        foreach (var socket in _sockets)
        {
            sum += figure(socket);
        }

        return sum;
    }

    public void Dispose()
    {
        Array.ForEach(_sockets, s => s.Dispose());
        Slabs.Dispose();
        Streams.Dispose();
    }
}
