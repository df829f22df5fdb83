using System.Runtime.InteropServices;

namespace MeetOperator.Rtp.Retransmission;

/// <summary>
/// The most recent packets of a stream by 64-bit sequence number, for retransmission. The packets are in one native ring buffer,
/// which the garbage collector does not scan or move. New packets overwrite the oldest ones. Not thread-safe.
/// </summary>
public sealed unsafe class RetransmissionHistory : IDisposable
{
    private const int Alignment = 64;

    private readonly Entry[] _entries;
    private readonly int _capacityBytes;
    private byte* _slab;
    private long _head; // total bytes written; modulo the capacity it is the offset in the slab

    /// <param name="packets">Maximum number of packets; a power of two.</param>
    /// <param name="capacityBytes">Maximum total size of the packets in bytes.</param>
    public RetransmissionHistory(int packets, int capacityBytes)
    {
        if (packets <= 0 || !System.Numerics.BitOperations.IsPow2(packets))
        {
            throw new ArgumentOutOfRangeException(nameof(packets), packets, "The number of packets must be a power of two.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        _capacityBytes = capacityBytes;
        _entries = new Entry[packets];
        _slab = (byte*)NativeMemory.AlignedAlloc((nuint)capacityBytes, Alignment);
    }

    ~RetransmissionHistory() => Release();

    public bool IsDisposed => _slab == null;

    /// <summary>Stores a packet. False when it is larger than the whole history.</summary>
    public bool Add(long sequenceNumber, ReadOnlySpan<byte> packet)
    {
        ObjectDisposedException.ThrowIf(_slab == null, this);
        if (packet.Length > _capacityBytes || sequenceNumber < 0)
        {
            return false;
        }

        var offset = (int)(_head % _capacityBytes);
        if (offset + packet.Length > _capacityBytes)
        {
            _head += _capacityBytes - offset; // a packet must be contiguous
            offset = 0;
        }

        packet.CopyTo(new Span<byte>(_slab + offset, packet.Length));
        _entries[Slot(sequenceNumber)] = new Entry { Sequence = sequenceNumber, Position = _head, Length = packet.Length };
        _head += packet.Length;
        return true;
    }

    /// <summary>Finds a packet. The bytes stay valid until the next <see cref="Add"/>.</summary>
    public bool TryGet(long sequenceNumber, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (sequenceNumber < 0 || _slab == null)
        {
            return false;
        }

        ref readonly var entry = ref _entries[Slot(sequenceNumber)];
        if (entry.Length == 0 || entry.Sequence != sequenceNumber || entry.Position < _head - _capacityBytes)
        {
            return false;
        }

        packet = new ReadOnlySpan<byte>(_slab + (entry.Position % _capacityBytes), entry.Length);
        return true;
    }

    /// <summary>Removes all packets. Call this when a new sequence numbering starts.</summary>
    public void Clear() => Array.Clear(_entries);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private int Slot(long sequenceNumber) => (int)(sequenceNumber & (_entries.Length - 1));

    private void Release()
    {
        NativeMemory.AlignedFree(_slab);
        _slab = null;
    }

    private struct Entry
    {
        internal long Sequence;
        internal long Position;
        internal int Length;
    }
}
