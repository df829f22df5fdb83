using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// A bounded queue of packets from one loop to another one, in memory that is allocated once. One thread writes and another one reads, without locks. What was written becomes visible to the
/// reader with <see cref="Publish"/>.
/// </summary>
/// <param name="capacity">The size in bytes, a power of two.</param>
internal sealed class PacketRing(int capacity)
{
    private const int HeaderBytes = 24;

    /// <summary>The length of a record that only fills the rest of the memory before its end.</summary>
    private const int Filler = -1;
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(capacity);

    private RingPositions _positions;

    /// <summary>What the writer has not written yet, in bytes. Called by the writer.</summary>
    public long Free => capacity - (_positions.Written - Volatile.Read(ref _positions.Read));

    /// <summary>Whether a packet can be read. Called by the reader.</summary>
    public bool HasPackets => End != _positions.Read;

    /// <summary>The position of the next packet that is read. Called by the reader.</summary>
    public long Position => _positions.Read;

    /// <summary>The position after the last packet that can be read. Called by the reader.</summary>
    public long End => Volatile.Read(ref _positions.Published);

    /// <summary>Writes a packet of two pieces. False when less than <paramref name="reserve"/> bytes would be left.</summary>
    /// <param name="header">What the packet is.</param>
    /// <param name="first">The beginning of the packet.</param>
    /// <param name="second">The rest of it.</param>
    /// <param name="reserve">What must be left for other packets.</param>
    /// <param name="packet">The packet in the ring, which the reader may change after <see cref="Publish"/>.</param>
    public bool TryWrite(RingHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int reserve, out Span<byte> packet)
    {
        var length = first.Length + second.Length;
        var size = HeaderBytes + ((length + 7) & ~7);
        var offset = (int)(_positions.Written & (capacity - 1));
        var filler = capacity - offset < size ? capacity - offset : 0;
        packet = default;
        if (!TryFindRoom(filler + size + reserve))
        {
            return false;
        }

        if (filler > 0)
        {
            MemoryMarshal.Write(_memory.AsSpan(offset), Filler);
            _positions.Written += filler;
            offset = 0;
        }

        MemoryMarshal.Write(_memory.AsSpan(offset), length);
        MemoryMarshal.Write(_memory.AsSpan(offset + 4), header.Channel);
        MemoryMarshal.Write(_memory.AsSpan(offset + 8), header.Ticks);
        _memory[offset + 16] = (byte)header.Kind;
        packet = _memory.AsSpan(offset + HeaderBytes, length);
        first.CopyTo(packet);
        second.CopyTo(packet[first.Length..]);
        _positions.Written += size;
        return true;
    }

    /// <summary>Makes everything that was written visible to the reader. Returns false when that is nothing new.</summary>
    public bool Publish()
    {
        if (_positions.Written == _positions.Published)
        {
            return false;
        }

        Volatile.Write(ref _positions.Published, _positions.Written);
        return true;
    }

    /// <summary>Returns the next packet, which the reader may change and gives back with <see cref="Advance"/>. False when there is none.</summary>
    public bool TryRead(out RingHeader header, out Span<byte> packet)
    {
        header = default;
        packet = default;
        if (_positions.KnownPublished == _positions.Read && (_positions.KnownPublished = End) == _positions.Read)
        {
            return false;
        }

        var offset = (int)(_positions.Read & (capacity - 1));
        var length = MemoryMarshal.Read<int>(_memory.AsSpan(offset));
        if (length == Filler)
        {
            Volatile.Write(ref _positions.Read, _positions.Read + capacity - offset);
            offset = 0;
            length = MemoryMarshal.Read<int>(_memory);
        }

        header = new RingHeader((RingKind)_memory[offset + 16], MemoryMarshal.Read<uint>(_memory.AsSpan(offset + 4)), MemoryMarshal.Read<long>(_memory.AsSpan(offset + 8)));
        packet = _memory.AsSpan(offset + HeaderBytes, length);
        _positions.Next = _positions.Read + HeaderBytes + ((length + 7) & ~7);
        return true;
    }

    /// <summary>Gives the memory of the packet that <see cref="TryRead"/> returned back to the writer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance() => Volatile.Write(ref _positions.Read, _positions.Next);

    /// <summary>Looks at the position of the reader only when what is known of it is not enough.</summary>
    private bool TryFindRoom(int bytes)
    {
        if (capacity - (_positions.Written - _positions.KnownRead) >= bytes)
        {
            return true;
        }

        _positions.KnownRead = Volatile.Read(ref _positions.Read);
        return capacity - (_positions.Written - _positions.KnownRead) >= bytes;
    }
}
