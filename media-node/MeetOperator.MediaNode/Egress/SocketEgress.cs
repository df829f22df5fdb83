using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// The send side of one socket: a batch of messages, the backlog of those that did not fit in the kernel's send buffer, and whether the device supports segmentation. The
/// sockets of both families can have different devices. Used by the loop's thread.
/// </summary>
internal sealed unsafe class SocketEgress : IDisposable
{
    private const int BatchMessages = 512;

    /// <summary>How long segmentation stays off after many rejected messages, which an IPsec route or a removed network device can cause.</summary>
    private const long UnsegmentedTicks = TimeSpan.TicksPerMinute;
    private readonly UdpSocket _socket;
    private readonly Func<long> _clock;
    private readonly SendBatch _batch;
    private readonly EgressBacklog _backlog = new();
    private bool _useSegmentation;
    private long _segmentationRestoreTicks;

    public SocketEgress(UdpSocket socket, Func<long> clock)
    {
        _socket = socket;
        _clock = clock;
        _batch = new SendBatch(BatchMessages, socket.IsIPv6);
        UseSegmentation(socket.SupportsSegmentation);
    }

    public bool IsIPv6 => _socket.IsIPv6;

    /// <summary>What was passed to the kernel, and the datagrams that it did not accept in time.</summary>
    public SendOutcome Total { get; private set; }

    /// <summary>Messages that waited in the backlog because the kernel's send buffer was full.</summary>
    public long DelayedMessages { get; private set; }

    /// <summary>Whether the kernel's send buffer is full.</summary>
    public bool IsBlocked => !_backlog.IsEmpty;

    public bool Segmentation => _batch.Segmentation;

    public void UseSegmentation(bool use) => (_useSegmentation, _batch.Segmentation, _segmentationRestoreTicks) = (use, use, 0);

    /// <summary>Prepares a flush: turns segmentation on again one minute after it went off.</summary>
    public void Begin()
    {
        if (!_useSegmentation || _batch.Segmentation)
        {
            return;
        }

        if (_segmentationRestoreTicks == 0)
        {
            _segmentationRestoreTicks = _clock() + UnsegmentedTicks;
        }
        else if (_clock() >= _segmentationRestoreTicks)
        {
            UseSegmentation(true);
        }
    }

    /// <summary>Adds one message of a lane. Its bytes must not change until the end of the flush.</summary>
    /// <param name="message">The message.</param>
    /// <param name="singly">Sends each datagram as a message of its own.</param>
    /// <param name="lanes">The lanes of the flush.</param>
    /// <param name="mark">The index of the lane.</param>
    public void Add(in UnsentMessage message, bool singly, List<EgressLane> lanes, int mark)
    {
        if (_batch.Count + _batch.MessagesFor(message.Length, message.SegmentBytes, singly) > _batch.Capacity)
        {
            Send(lanes);
        }

        if (IsBlocked)
        {
            Delay(message); // keeps the order behind the backlog
        }
        else
        {
            _batch.Add((byte*)message.Data, message.Length, message.SegmentBytes, message.AddressHigh, message.AddressLow, message.Port, singly, mark);
        }
    }

    /// <summary>Sends the batch. Turns segmentation off for each lane with a rejected message.</summary>
    public void Send(List<EgressLane> lanes)
    {
        if (_batch.Count == 0)
        {
            return;
        }

        Total += _batch.Send(_socket);
        foreach (var mark in _batch.Rejected)
        {
            lanes[mark].DisableSegmentation();
        }

        _batch.ForgetRejections();
        for (var i = 0; i < _batch.Unsent; i++)
        {
            Delay(_batch.Message(i));
        }

        _batch.Clear();
    }

    /// <summary>Removes the messages of a flush that failed.</summary>
    public void Clear() => _batch.Clear();

    /// <summary>Sends the backlog.</summary>
    public void Drain()
    {
        if (IsBlocked)
        {
            Total += _backlog.Drain(_clock(), _batch, _socket);
            _batch.ForgetRejections();
        }
    }

    public void Dispose()
    {
        _batch.Dispose();
        _backlog.Dispose();
    }

    private void Delay(in UnsentMessage message)
    {
        if (_backlog.TryAdd(_clock(), message))
        {
            DelayedMessages++;
        }
        else
        {
            Total = Total with { Discarded = Total.Discarded + message.Datagrams };
        }
    }
}
