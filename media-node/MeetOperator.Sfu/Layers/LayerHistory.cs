using MeetOperator.Rtp.Retransmission;

namespace MeetOperator.Sfu.Layers;

/// <summary>
/// The recent packets of one layer, for retransmission to subscribers. It allocates memory with the first packet, and its owner releases the memory when the layer
/// is silent. If there is no memory, nothing is kept, and the layer is forwarded without retransmissions. Used by one loop.
/// </summary>
internal sealed class LayerHistory : IDisposable
{
    private const int MaxPackets = 512;

    /// <summary>Browsers request a packet up to ten times, once in a round trip. After this time they have given up, also on a path with a round trip of a second.</summary>
    private const long SilenceTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>Time between two attempts to take memory.</summary>
    private const long RetryTicks = TimeSpan.TicksPerSecond;
    private readonly int _bytes;
    private readonly MemoryBudget? _budget;
    private readonly Func<int, RetransmissionHistory> _allocate;
    private RetransmissionHistory? _packets;
    private long _lastPacketTicks;
    private long _nextAttemptTicks = long.MinValue;

    /// <param name="bytes">The memory that it takes.</param>
    /// <param name="budget">What it is taken from; null for no limit.</param>
    /// <param name="allocate">Allocates a number of bytes; null for the usual way.</param>
    public LayerHistory(int bytes, MemoryBudget? budget, Func<int, RetransmissionHistory>? allocate = null)
    {
        _bytes = bytes;
        _budget = budget;
        _allocate = allocate ?? (static bytes => new RetransmissionHistory(MaxPackets, bytes));
    }

    /// <summary>Whether it holds memory, and its last packet is so old that subscribers who know of it do not request it any more. One who missed it gets to know that with the next packet.</summary>
    public bool IsSilent(long nowTicks) => _packets is not null && nowTicks - _lastPacketTicks >= SilenceTicks;

    /// <summary>Keeps a packet, if there is memory for it.</summary>
    public void Add(long nowTicks, long sequence, ReadOnlySpan<byte> packet)
    {
        if (_packets is null && !TryAllocate(nowTicks))
        {
            return;
        }

        _lastPacketTicks = nowTicks;
        _packets!.Add(sequence, packet);
    }

    /// <summary>Finds a packet. The bytes stay valid until the next call of another method.</summary>
    public bool TryGet(long sequence, out ReadOnlySpan<byte> packet)
    {
        if (_packets is { } packets)
        {
            return packets.TryGet(sequence, out packet);
        }

        packet = default;
        return false;
    }

    /// <summary>Removes all packets, because a new sequence numbering starts.</summary>
    public void Clear() => _packets?.Clear();

    /// <summary>Returns the memory until the next packet.</summary>
    public void Release()
    {
        if (_packets is { } packets)
        {
            _packets = null;
            packets.Dispose();
            _budget?.Return(_bytes);
        }
    }

    /// <summary>Returns the memory and keeps nothing from now on.</summary>
    public void Dispose()
    {
        Release();
        _nextAttemptTicks = long.MaxValue;
    }

    private bool TryAllocate(long nowTicks)
    {
        if (nowTicks < _nextAttemptTicks)
        {
            return false;
        }

        if (_budget?.TryTake(_bytes) != false)
        {
            try
            {
                _packets = _allocate(_bytes);
                return true;
            }
            catch (OutOfMemoryException)
            {
                _budget?.Return(_bytes); // the packets are forwarded without a history
            }
        }

        _nextAttemptTicks = nowTicks + RetryTicks;
        return false;
    }
}
