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
    private readonly List<nint> _all = [];

    public byte* Rent()
    {
        if (_free.TryPop(out var slab))
        {
            return (byte*)slab;
        }

        var fresh = NativeMemory.AlignedAlloc((nuint)bytes, 64);
        _all.Add((nint)fresh);
        return (byte*)fresh;
    }

    public void Return(byte* slab) => _free.Push((nint)slab);

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
