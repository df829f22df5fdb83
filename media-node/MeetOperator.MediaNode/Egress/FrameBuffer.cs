using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// Framed packets (RFC 4571) that wait for one TCP connection, in their order. The memory is rented while there are any. It can be sent up to any byte; the rest of a packet that has left in part
/// leaves before anything else. Used by one loop.
/// </summary>
/// <param name="slabs">Lends the memory.</param>
/// <param name="capacity">The size of a slab.</param>
internal sealed unsafe class FrameBuffer(SlabPool slabs, int capacity)
{
    private byte* _slab;
    private int _head;
    private int _tail;

    /// <summary>The start of the packet that leaves next, or has left in part.</summary>
    private int _frame;

    /// <summary>Bytes that were sent before those in the slab.</summary>
    private long _before;

    public int Bytes => _tail - _head;

    public bool IsEmpty => _tail == _head;

    /// <summary>The memory that is rented.</summary>
    public int RentedBytes => _slab == null ? 0 : capacity;

    /// <summary>The number of bytes that have ever been added.</summary>
    public long Added => _before + _tail;

    /// <summary>The number of bytes that have ever been sent.</summary>
    public long Sent => _before + _head;

    /// <summary>All that waits.</summary>
    public ReadOnlySpan<byte> Waiting => new(_slab + _head, _tail - _head);

    /// <summary>The rest of the packet that has left in part; empty when there is none.</summary>
    public ReadOnlySpan<byte> Begun
    {
        get
        {
            if (_head == _frame)
            {
                return default;
            }

            StreamFraming.Read(new ReadOnlySpan<byte>(_slab + _frame, _tail - _frame), ushort.MaxValue, out var length);
            return new ReadOnlySpan<byte>(_slab + _head, _frame + StreamFraming.HeaderBytes + length - _head);
        }
    }

    /// <summary>Returns a buffer for a packet of at most <paramref name="length"/> bytes, valid until the next call; empty when there is no space.</summary>
    public Span<byte> Reserve(int length)
    {
        if (_slab == null)
        {
            _slab = slabs.Rent();
        }

        var needed = StreamFraming.HeaderBytes + length;
        if (_tail + needed > capacity)
        {
            Compact();
        }

        if (_tail + needed <= capacity)
        {
            return new Span<byte>(_slab + _tail + StreamFraming.HeaderBytes, length);
        }

        ReleaseIfEmpty();
        return default;
    }

    /// <summary>Adds the packet in the reserved buffer. 0 means that no packet was written.</summary>
    public void Commit(int length)
    {
        if (length > 0)
        {
            StreamFraming.WriteHeader(new Span<byte>(_slab + _tail, StreamFraming.HeaderBytes), length);
            _tail += StreamFraming.HeaderBytes + length;
        }

        ReleaseIfEmpty();
    }

    /// <summary>The first <paramref name="bytes"/> of <see cref="Waiting"/> were sent. Returns how many packets were completed.</summary>
    public int Remove(long bytes)
    {
        _head += (int)bytes;
        var packets = 0;
        while (_frame < _head && StreamFraming.Read(new ReadOnlySpan<byte>(_slab + _frame, _head - _frame), ushort.MaxValue, out var length) == FrameStatus.Complete)
        {
            _frame += StreamFraming.HeaderBytes + length;
            packets++;
        }

        ReleaseIfEmpty();
        return packets;
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        _head = _frame = _tail;
        ReleaseIfEmpty();
    }

    private void Compact()
    {
        if (_frame > 0)
        {
            Buffer.MemoryCopy(_slab + _frame, _slab, capacity, _tail - _frame);
            _before += _frame;
            (_head, _tail, _frame) = (_head - _frame, _tail - _frame, 0);
        }
    }

    private void ReleaseIfEmpty()
    {
        if (IsEmpty && _slab != null)
        {
            slabs.Return(_slab);
            _before += _tail;
            _slab = null;
            (_head, _tail, _frame) = (0, 0, 0);
        }
    }
}
