using System.Runtime.CompilerServices;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Bandwidth;

/// <summary>The last sent packets by transport-wide sequence number. The ring grows while a packet of the last two seconds would be overwritten.</summary>
internal sealed class SentPackets
{
    public const int MaxCapacity = 8192;
    private const int StartCapacity = 32;

    /// <summary>Feedback later than this is useless: it tells of a line that has changed since.</summary>
    private const long KeepTicks = 2 * TimeSpan.TicksPerSecond;

    private SentPacket[] _ring = new SentPacket[StartCapacity];

    /// <summary>The oldest number that is kept.</summary>
    private long _first = 1;

    public int Capacity => _ring.Length;

    /// <summary>The number that the next packet gets. The wire has its low 16 bits.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>Records a packet and returns its number.</summary>
    public long Add(long nowTicks, int bytes, int probeId)
    {
        if (Next - _first == _ring.Length)
        {
            MakeRoom(nowTicks);
        }

        ref var packet = ref _ring[Next & (_ring.Length - 1)];
        packet.SentTicks = nowTicks;
        packet.Bytes = (ushort)Math.Clamp(bytes, 0, ushort.MaxValue);
        packet.ProbeId = (ushort)probeId;
        packet.State = SentPacketState.Unreported;
        return Next++;
    }

    /// <summary>The 64-bit number that is nearest to the last sent one.</summary>
    public long Unwrap(ushort sequenceNumber) => Next - 1 + SequenceNumber.Distance((ushort)(Next - 1), sequenceNumber);

    /// <summary>Whether the packet has been sent and is still kept.</summary>
    public bool Contains(long number) => number >= _first && number < Next;

    /// <summary>A packet that is kept.</summary>
    public ref SentPacket At(long number) => ref _ring[number & (_ring.Length - 1)];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeRoom(long nowTicks)
    {
        if (_ring.Length == MaxCapacity || nowTicks - At(_first).SentTicks > KeepTicks)
        {
            _first++;
            return;
        }

        var larger = new SentPacket[_ring.Length * 2];
        for (var number = _first; number < Next; number++)
        {
            larger[number & (larger.Length - 1)] = At(number);
        }

        _ring = larger;
    }
}
