using MeetOperator.Native.Sockets;
using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Egress;

/// <summary>The send side of one TCP connection. Its packets leave with the next flush, as far as the kernel takes them. Used by one loop.</summary>
internal sealed class StreamSender
{
    private readonly StreamEgress _egress;
    private readonly StreamSocket? _socket;
    private readonly StreamQueue _queue;
    private bool _isEnlisted;

    /// <param name="egress">Flushes the connection.</param>
    /// <param name="number">The number of the connection.</param>
    /// <param name="socket">The connection; null for one that has ended.</param>
    public StreamSender(StreamEgress egress, uint number, StreamSocket? socket)
    {
        (_egress, Number, _socket, IsClosed) = (egress, number, socket, socket is null);
        _queue = egress.CreateQueue();
    }

    public uint Number { get; }

    /// <summary>Whether the connection has ended. Then packets are dropped.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether packets wait for the kernel, and the poller reports when it takes more.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>When the kernel last took something, or nothing waited.</summary>
    public long ProgressTicks { get; private set; }

    /// <summary>The memory of what waits.</summary>
    public int RentedBytes => _queue.RentedBytes;

    /// <summary>Whether the connection takes video.</summary>
    public EgressPressure Pressure => IsClosed || _queue.IsEmpty ? EgressPressure.None : _queue.PressureAt(_egress.NowTicks);

    /// <summary>Returns a buffer for one packet, valid until <see cref="Commit"/>; empty when it is dropped.</summary>
    public Span<byte> Reserve(StreamLane lane, int length)
    {
        if (!IsBlocked && _queue.Bytes >= StreamQueue.FlushBytes)
        {
            SendWaiting();
        }

        var space = IsClosed ? default : _queue.Reserve(lane, length);
        if (space.IsEmpty)
        {
            _egress.CountDropped();
        }

        return space;
    }

    /// <summary>Adds the packet of <paramref name="length"/> bytes that was written to the reserved buffer. 0 means that no packet was written.</summary>
    public void Commit(StreamLane lane, int length)
    {
        _queue.Commit(lane, length);
        if (!_isEnlisted && length > 0)
        {
            _isEnlisted = true;
            _egress.Enlist(this);
        }
    }

    /// <summary>Adds a packet.</summary>
    public void Send(StreamLane lane, ReadOnlySpan<byte> packet)
    {
        var space = Reserve(lane, packet.Length);
        if (!space.IsEmpty)
        {
            packet.CopyTo(space);
            Commit(lane, packet.Length);
        }
    }

    /// <summary>Sends what waits, unless the kernel has not taken everything before.</summary>
    public void Flush()
    {
        _isEnlisted = false;
        if (!IsBlocked)
        {
            SendWaiting();
        }
        else
        {
            _queue.OnSent(_egress.NowTicks, 0);
        }
    }

    /// <summary>The kernel takes more.</summary>
    public void OnWritable() => SendWaiting();

    /// <summary>Drops what waits. The owner closes the socket.</summary>
    public void Close()
    {
        IsClosed = true;
        _queue.Clear();
    }

    private void SendWaiting()
    {
        if (IsClosed || _queue.IsEmpty)
        {
            return;
        }

        var now = _egress.NowTicks;
        _queue.Peek(out var first, out var second, out var third);
        var sent = _socket!.Send(first, second, third);
        if (sent == StreamSocket.Ended)
        {
            _egress.OnEnded(this);
            return;
        }

        if (sent > 0 || !IsBlocked)
        {
            ProgressTicks = now;
        }

        _egress.Count(_queue.OnSent(now, sent), sent);
        if (_queue.IsEmpty == IsBlocked)
        {
            IsBlocked = !_queue.IsEmpty;
            _egress.OnBlockedChanged(this, _socket);
        }
    }
}
