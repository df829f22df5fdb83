using MeetOperator.MediaNode.Time;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Egress;

/// <summary>The send side of one loop. Collects packets per peer and sends them together in <see cref="Flush"/>. Used by the loop's thread.</summary>
internal sealed unsafe class LoopEgress : IDisposable
{
    private const int BatchMessages = 512;

    /// <summary>Preallocated lanes for STUN and DTLS. More are allocated when a batch contains more peers.</summary>
    private const int ControlLanes = 64;

    /// <summary>How long segmentation stays off after many rejected messages, which an IPsec route or a removed network device can cause.</summary>
    private const long UnsegmentedTicks = TimeSpan.TicksPerMinute;
    private readonly UdpSocket _socket;
    private readonly Func<long> _clock;
    private readonly SendBatch _batch = new(BatchMessages);
    private readonly EgressBacklog _backlog = new();
    private readonly List<EgressLane> _waiting = new(256);
    private readonly Dictionary<PathId, EgressLane> _controlLanes = [];
    private readonly Stack<EgressLane> _idleControlLanes = new();

    private bool _useSegmentation;
    private long _segmentationRestoreTicks;

    /// <param name="socket">The socket that sends all datagrams.</param>
    /// <param name="clock">Monotonic time in 100 ns ticks. Read only when a message is rejected or delayed.</param>
    public LoopEgress(UdpSocket socket, Func<long>? clock = null)
    {
        _socket = socket;
        _clock = clock ?? (() => MonotonicClock.NowTicks);
        UseSegmentation(socket.SupportsSegmentation);
        for (var i = 0; i < ControlLanes; i++)
        {
            _idleControlLanes.Push(new EgressLane(this));
        }
    }

    public SlabPool Slabs { get; } = new();

    public long NowTicks => _clock();

    public bool IsEmpty => _waiting.Count == 0;

    public long SentDatagrams { get; private set; }

    public long SentBytes { get; private set; }

    /// <summary>Messages passed to the kernel. The ratio of datagrams to messages shows how well segmentation merges them.</summary>
    public long SentMessages { get; private set; }

    /// <summary>Whether the kernel's send buffer is full. <see cref="Drain"/> sends the backlog when the socket is writable again.</summary>
    public bool IsBlocked => !_backlog.IsEmpty;

    /// <summary>Messages that waited in the backlog because the kernel's send buffer was full.</summary>
    public long DelayedMessages { get; private set; }

    /// <summary>Datagrams that the kernel did not accept in time.</summary>
    public long DiscardedDatagrams { get; private set; }

    public bool Segmentation => _batch.Segmentation;

    /// <summary>Turns segmentation on or off. It is off on kernels without support, and goes off for a minute when the device rejects segmented messages.</summary>
    public void UseSegmentation(bool use) => (_useSegmentation, _batch.Segmentation, _segmentationRestoreTicks) = (use, use, 0);

    public void Enlist(EgressLane lane) => _waiting.Add(lane);

    /// <summary>Queues a STUN or DTLS datagram, whose destination can differ from the selected address.</summary>
    public void SendControl(TransportAddress to, ReadOnlySpan<byte> datagram)
    {
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
        if (_waiting.Count == 0)
        {
            return;
        }

        try
        {
            if (_useSegmentation && !_batch.Segmentation)
            {
                RestoreSegmentation();
            }

            for (var i = 0; i < _waiting.Count; i++)
            {
                _waiting[i].HandOver(i);
            }

            SendBatched();
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
        if (IsBlocked)
        {
            Count(_backlog.Drain(NowTicks, _batch, _socket));
            _batch.ForgetRejections();
        }
    }

    /// <summary>Adds one message of a lane to the batch. Its bytes must not change until the end of <see cref="Flush"/>.</summary>
    internal void Send(in UnsentMessage message, bool singly, int mark)
    {
        if (_batch.Count + _batch.MessagesFor(message.Length, message.SegmentBytes, singly) > _batch.Capacity)
        {
            SendBatched();
        }

        if (IsBlocked)
        {
            Delay(message); // keeps the order behind the backlog
        }
        else
        {
            _batch.Add((byte*)message.Data, message.Length, message.SegmentBytes, message.Address, message.Port, singly, mark);
        }
    }

    /// <summary>Turns segmentation on again one minute after it went off.</summary>
    private void RestoreSegmentation()
    {
        if (_segmentationRestoreTicks == 0)
        {
            _segmentationRestoreTicks = NowTicks + UnsegmentedTicks;
        }
        else if (NowTicks >= _segmentationRestoreTicks)
        {
            UseSegmentation(true);
        }
    }

    private void SendBatched()
    {
        Count(_batch.Send(_socket));
        foreach (var mark in _batch.Rejected)
        {
            _waiting[mark].DisableSegmentation();
        }

        _batch.ForgetRejections();
        for (var i = 0; i < _batch.Unsent; i++)
        {
            Delay(_batch.Message(i));
        }

        _batch.Clear();
    }

    private void Delay(in UnsentMessage message)
    {
        if (_backlog.TryAdd(NowTicks, message))
        {
            DelayedMessages++;
        }
        else
        {
            DiscardedDatagrams += message.Datagrams;
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
        _batch.Clear();
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

    private void Count(in SendOutcome outcome)
    {
        SentDatagrams += outcome.Datagrams;
        SentBytes += outcome.Bytes;
        SentMessages += outcome.Messages;
        DiscardedDatagrams += outcome.Discarded;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _backlog.Dispose();
        Slabs.Dispose();
    }
}
