using System.Runtime.InteropServices;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// Native 64-byte aligned buffers in which the packets of one subscriber lie one behind the other until they are sent. The one returned last
/// is given first, so that few pages stay warm. Used by one loop.
/// </summary>
internal sealed unsafe class SlabPool : IDisposable
{
    /// <summary>More than 16 full packets, and less than one UDP message may hold.</summary>
    public const int SlabBytes = 48 * 1024;
    private readonly Stack<nint> _free = new();
    private readonly List<nint> _all = [];

    public byte* Rent()
    {
        if (_free.TryPop(out var slab))
        {
            return (byte*)slab;
        }

        var fresh = NativeMemory.AlignedAlloc(SlabBytes, 64);
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
