using System.Runtime.InteropServices;

namespace MeetOperator.Rtp.Retransmission;

/// <summary>
/// The most recent packets of a stream by 64-bit sequence number, for retransmission. The packets are in one native ring buffer,
/// which the garbage collector does not scan or move. New packets overwrite the oldest ones. Not thread-safe.
/// </summary>
public sealed unsafe class RetransmissionHistory : IDisposable
{
    private const int Alignment = 64;

    private readonly Entry[] entries;
    private readonly int capacityBytes;
    private byte* slab;
    private long head; // total bytes written; modulo the capacity it is the offset in the slab

    /// <param name="packets">Maximum number of packets; a power of two.</param>
    /// <param name="capacityBytes">Maximum total size of the packets in bytes.</param>
    public RetransmissionHistory(int packets, int capacityBytes)
    {
        if (packets <= 0 || !System.Numerics.BitOperations.IsPow2(packets))
        {
            throw new ArgumentOutOfRangeException(nameof(packets), packets, "The number of packets must be a power of two.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        this.capacityBytes = capacityBytes;
        entries = new Entry[packets];
        slab = (byte*)NativeMemory.AlignedAlloc((nuint)capacityBytes, Alignment);
    }

    ~RetransmissionHistory() => Release();

    /// <summary>Stores an unencrypted packet. False when it is larger than the whole history.</summary>
    public bool Add(long sequenceNumber, ReadOnlySpan<byte> packet)
    {
        ObjectDisposedException.ThrowIf(slab == null, this);
        if (packet.Length > capacityBytes || sequenceNumber < 0)
        {
            return false;
        }

        var offset = (int)(head % capacityBytes);
        if (offset + packet.Length > capacityBytes)
        {
            head += capacityBytes - offset; // a packet must be contiguous
            offset = 0;
        }

        packet.CopyTo(new Span<byte>(slab + offset, packet.Length));
        entries[Slot(sequenceNumber)] = new Entry { Sequence = sequenceNumber, Position = head, Length = packet.Length };
        head += packet.Length;
        return true;
    }

    /// <summary>Finds a packet. The bytes stay valid until the next <see cref="Add"/>.</summary>
    public bool TryGet(long sequenceNumber, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (sequenceNumber < 0 || slab == null)
        {
            return false;
        }

        ref readonly var entry = ref entries[Slot(sequenceNumber)];
        if (entry.Length == 0 || entry.Sequence != sequenceNumber || entry.Position < head - capacityBytes)
        {
            return false;
        }

        packet = new ReadOnlySpan<byte>(slab + (entry.Position % capacityBytes), entry.Length);
        return true;
    }

    /// <summary>Removes all packets. Call this when a new sequence numbering starts.</summary>
    public void Clear() => Array.Clear(entries);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private int Slot(long sequenceNumber) => (int)(sequenceNumber & (entries.Length - 1));

    private void Release()
    {
        NativeMemory.AlignedFree(slab);
        slab = null;
    }

    private struct Entry
    {
        internal long Sequence;
        internal long Position;
        internal int Length;
    }
}
