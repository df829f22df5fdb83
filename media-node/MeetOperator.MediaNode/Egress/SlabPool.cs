using System.Runtime.InteropServices;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// A pool of native 64-byte aligned buffers. A buffer holds the packets of one subscriber contiguously until they are sent. The last returned buffer is rented
/// first, to keep the working set in the CPU cache. Used by one loop.
/// </summary>
/// <param name="bytes">The size of a buffer.</param>
internal sealed unsafe class SlabPool(int bytes = SlabPool.SlabBytes) : IDisposable
{
    /// <summary>More than 16 full packets and less than the maximum size of a UDP message.</summary>
    public const int SlabBytes = 48 * 1024;
    private readonly Stack<nint> _free = new();

    /// <summary>All buffers that are rented or free.</summary>
    private readonly HashSet<nint> _all = [];

    /// <summary>The fewest that were free since the last <see cref="Trim"/>. Nobody needed them.</summary>
    private int _leastFree;

    /// <summary>The memory of all buffers, rented or free.</summary>
    public long TotalBytes => (long)_all.Count * bytes;

    public byte* Rent()
    {
        if (_free.TryPop(out var slab))
        {
            _leastFree = Math.Min(_leastFree, _free.Count);
            return (byte*)slab;
        }

        var fresh = NativeMemory.AlignedAlloc((nuint)bytes, 64);
        _all.Add((nint)fresh);
        return (byte*)fresh;
    }

    public void Return(byte* slab) => _free.Push((nint)slab);

    /// <summary>Gives half of the buffers back that nobody has needed since the last call, so that a burst does not keep its memory. To be called at intervals.</summary>
    public void Trim()
    {
        for (var unneeded = (_leastFree + 1) / 2; unneeded > 0; unneeded--)
        {
            var slab = _free.Pop();
            _all.Remove(slab);
            NativeMemory.AlignedFree((void*)slab);
        }

        _leastFree = _free.Count;
    }

    public void Dispose()
    {
        foreach (var slab in _all)
        {
            NativeMemory.AlignedFree((void*)slab);
        }

        _all.Clear();
        _free.Clear();
    }
}
