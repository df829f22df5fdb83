using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// The packets of one peer that are sent at the end of the batch. Consecutive packets of equal size form one group, which is sent as one segmented message
/// (UDP_SEGMENT). A shorter packet closes its group.
/// </summary>
internal sealed unsafe class EgressLane(LoopEgress egress)
{
    /// <summary>More segments save little and cause bursts that overflow small queues on the path.</summary>
    private const int MaxSegments = 16;
    private const int MaxGroups = 64;

    /// <summary>How long segmentation stays off for a destination after the kernel rejected a segmented message.</summary>
    private const long UnsegmentedTicks = TimeSpan.TicksPerMinute;
    private readonly int[] _lengths = new int[MaxGroups];
    private readonly int[] _segments = new int[MaxGroups];
    private byte* _slab;
    private int _used;
    private int _groups;
    private int _inGroup;
    private bool _open;
    private TransportAddress _destination;
    private long _unsegmentedUntilTicks;

    /// <summary>The peer's address. It changes when ICE selects another pair.</summary>
    public TransportAddress Destination
    {
        get => _destination;
        set
        {
            if (value != _destination)
            {
                (_destination, _unsegmentedUntilTicks) = (value, 0);
            }
        }
    }

    /// <summary>Whether a packet of <paramref name="length"/> bytes fits in the slab. If not, <see cref="Reserve"/> flushes first.</summary>
    public bool HasSpace(int length) => _slab == null || (_used + length <= SlabPool.SlabBytes && _groups < MaxGroups);

    /// <summary>Returns a buffer for one packet of at most <paramref name="length"/> bytes. Valid until <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int length)
    {
        if (!HasSpace(length))
        {
            egress.Flush();
        }

        if (_slab == null)
        {
            _slab = egress.Slabs.Rent();
            egress.Enlist(this);
        }

        return new Span<byte>(_slab + _used, SlabPool.SlabBytes - _used);
    }

    /// <summary>Adds the packet of <paramref name="length"/> bytes that was written to the reserved buffer. 0 means that no packet was written.</summary>
    public void Commit(int length)
    {
        if (length == 0)
        {
            return;
        }

        if (_open && length <= _segments[_groups - 1] && _inGroup < MaxSegments)
        {
            _lengths[_groups - 1] += length;
            _inGroup++;
            _open = length == _segments[_groups - 1];
        }
        else
        {
            _lengths[_groups] = length;
            _segments[_groups] = length;
            _groups++;
            _inGroup = 1;
            _open = true;
        }

        _used += length;
    }

    /// <summary>
    /// Passes all groups to the egress. The slab must stay rented until they are sent. <paramref name="mark"/> identifies this lane when a message is rejected.
    /// </summary>
    public void HandOver(int mark)
    {
        var singly = _unsegmentedUntilTicks != 0 && egress.NowTicks < _unsegmentedUntilTicks;
        var at = _slab;
        for (var i = 0; i < _groups; i++)
        {
            egress.Send(new UnsentMessage((nint)at, _lengths[i], _segments[i], Destination.High, Destination.Low, Destination.Port), singly, mark);
            at += _lengths[i];
        }
    }

    /// <summary>
    /// Turns segmentation off for a minute after the kernel rejected a segmented message to the destination. The route can change, so it is tried again later.
    /// </summary>
    public void DisableSegmentation() => _unsegmentedUntilTicks = egress.NowTicks + UnsegmentedTicks;

    public void Release(SlabPool slabs)
    {
        slabs.Return(_slab);
        _slab = null;
        _used = 0;
        _groups = 0;
        _inGroup = 0;
        _open = false;
    }
}
