using MeetOperator.Native.Sockets;
using MeetOperator.Rtc;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// The packets of one peer that wait for the end of the batch. Neighbours of equal size form one group, which goes out as one segmented
/// message; a shorter packet closes its group.
/// </summary>
internal sealed unsafe class EgressLane(LoopEgress egress)
{
    /// <summary>More segments gain little and make bursts that small queues on the path drop.</summary>
    private const int MaxSegments = 16;
    private const int MaxGroups = 64;

    /// <summary>How long no segmented message is tried to a destination after one was refused.</summary>
    private const long SinglyTicks = TimeSpan.TicksPerMinute;
    private readonly int[] _lengths = new int[MaxGroups];
    private readonly int[] _segments = new int[MaxGroups];
    private byte* _slab;
    private int _used;
    private int _groups;
    private int _inGroup;
    private bool _open;
    private TransportAddress _destination;
    private long _singlyUntil;

    /// <summary>Where the packets go; changes when ICE selects another pair.</summary>
    public TransportAddress Destination
    {
        get => _destination;
        set
        {
            if (value != _destination)
            {
                (_destination, _singlyUntil) = (value, 0);
            }
        }
    }

    public bool IsEmpty => _groups == 0;

    /// <summary>Whether a packet of <paramref name="length"/> bytes fits behind those that wait; else <see cref="Reserve"/> sends these first.</summary>
    public bool HasRoom(int length) => _slab == null || (_used + length <= SlabPool.SlabBytes && _groups < MaxGroups);

    /// <summary>Room for one packet of at most <paramref name="length"/> bytes behind those that wait. Valid until <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int length)
    {
        if (!HasRoom(length))
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

    /// <summary>The packet was written into the reserved room; 0 means that there is none after all.</summary>
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

    /// <summary>Hands everything over; the slab must stay rented until it is sent. What fails of it is told with <paramref name="mark"/>.</summary>
    public void HandOver(int mark)
    {
        var singly = _singlyUntil != 0 && egress.NowTicks < _singlyUntil;
        var at = _slab;
        for (var i = 0; i < _groups; i++)
        {
            egress.Send(new UnsentMessage((nint)at, _lengths[i], _segments[i], Destination.Address, Destination.Port), singly, mark);
            at += _lengths[i];
        }
    }

    /// <summary>A segmented message to there was refused. The path may be another one later, so it is tried again then.</summary>
    public void SendSinglyForAWhile() => _singlyUntil = egress.NowTicks + SinglyTicks;

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
