using MeetOperator.MediaNode.Loops;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc;

namespace MeetOperator.MediaNode.Egress;

/// <summary>Everything that one loop is about to send. Packets are collected per peer and leave together in <see cref="Flush"/>.</summary>
internal sealed unsafe class LoopEgress : IDisposable
{
    private const int BatchMessages = 512;

    /// <summary>Lanes for STUN and DTLS made beforehand; more are made when more peers speak within one batch.</summary>
    private const int ControlLanes = 64;

    /// <summary>How long segmentation stays off after many messages were refused, which an IPsec route or a device that is gone can cause.</summary>
    private const long UnsegmentedTicks = TimeSpan.TicksPerMinute;
    private readonly UdpSocket _socket;
    private readonly Func<long> _clock;
    private readonly SendBatch _batch = new(BatchMessages);
    private readonly EgressBacklog _backlog = new();
    private readonly List<EgressLane> _waiting = new(256);
    private readonly Dictionary<ulong, EgressLane> _controlLanes = [];
    private readonly Stack<EgressLane> _idleControlLanes = new();

    private bool _useSegmentation;
    private long _segmentsAgainAt;

    /// <param name="socket">Where everything leaves.</param>
    /// <param name="clock">Monotonic time in 100 ns ticks; asked only when something was refused or has to wait.</param>
    public LoopEgress(UdpSocket socket, Func<long>? clock = null)
    {
        _socket = socket;
        _clock = clock ?? (() => MonotonicClock.NowTicks);
        UseSegmentation(socket.KnowsSegmentation);
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

    /// <summary>Messages handed to the kernel; the fewer beside the datagrams, the better they were merged.</summary>
    public long SentMessages { get; private set; }

    /// <summary>The kernel has no room: what waits is sent by <see cref="Drain"/> once the socket can be written.</summary>
    public bool IsBlocked => !_backlog.IsEmpty;

    /// <summary>Messages that had to wait for room in the kernel.</summary>
    public long DelayedMessages { get; private set; }

    /// <summary>Datagrams that the kernel did not take, or not in time.</summary>
    public long RefusedDatagrams { get; private set; }

    public bool Segmentation => _batch.Segmentation;

    /// <summary>Off on hosts whose kernel cannot; it also goes off by itself for a minute when the device refuses.</summary>
    public void UseSegmentation(bool use) => (_useSegmentation, _batch.Segmentation, _segmentsAgainAt) = (use, use, 0);

    public void Enlist(EgressLane lane) => _waiting.Add(lane);

    /// <summary>Sends STUN and DTLS, which may go to another address than the selected one.</summary>
    public void SendControl(TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        var lane = ControlLane(to);
        if (!lane.HasRoom(datagram.Length))
        {
            // That takes all control lanes back, this one too.
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
                TrySegmentationAgain();
            }

            for (var i = 0; i < _waiting.Count; i++)
            {
                _waiting[i].HandOver(i);
            }

            SendBatched();
        }
        finally
        {
            // Whatever happens: nobody's packets are left to be met again by the next flush.
            Release();
        }
    }

    /// <summary>Sends what waits for room in the kernel.</summary>
    public void Drain()
    {
        if (IsBlocked)
        {
            Count(_backlog.Drain(NowTicks, _batch, _socket));
            _batch.ForgetRefusals();
        }
    }

    /// <summary>Takes one message of a lane; its bytes must stay as they are until the end of <see cref="Flush"/>.</summary>
    internal void Send(in UnsentMessage message, bool singly, int mark)
    {
        if (_batch.Count + _batch.MessagesFor(message.Length, message.SegmentBytes, singly) > _batch.Capacity)
        {
            SendBatched();
        }

        if (IsBlocked)
        {
            Delay(message); // behind those that wait already
        }
        else
        {
            _batch.Add((byte*)message.Data, message.Length, message.SegmentBytes, message.Address, message.Port, singly, mark);
        }
    }

    /// <summary>Switches segmentation on again a minute after it went off.</summary>
    private void TrySegmentationAgain()
    {
        if (_segmentsAgainAt == 0)
        {
            _segmentsAgainAt = NowTicks + UnsegmentedTicks;
        }
        else if (NowTicks >= _segmentsAgainAt)
        {
            UseSegmentation(true);
        }
    }

    private void SendBatched()
    {
        Count(_batch.Send(_socket));
        foreach (var mark in _batch.Refused)
        {
            _waiting[mark].SendSinglyForAWhile();
        }

        _batch.ForgetRefusals();
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
            RefusedDatagrams += message.Datagrams;
        }
    }

    /// <summary>A lane a destination, lent until the next flush.</summary>
    private EgressLane ControlLane(TransportAddress to)
    {
        if (!_controlLanes.TryGetValue(to.Key, out var lane))
        {
            lane = _idleControlLanes.TryPop(out var idle) ? idle : new EgressLane(this);
            lane.Destination = to;
            _controlLanes[to.Key] = lane;
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
        RefusedDatagrams += outcome.Refused;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _backlog.Dispose();
        Slabs.Dispose();
    }
}
