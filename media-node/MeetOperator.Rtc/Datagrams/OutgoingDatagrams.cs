namespace MeetOperator.Rtc.Datagrams;

/// <summary>
/// A bounded queue of datagrams to send. When the host does not poll, new datagrams are dropped, as on a congested network.
/// Buffers are allocated once and reused.
/// </summary>
internal sealed class OutgoingDatagrams
{
    private const int Capacity = 32;
    private const int DatagramCapacity = 1500;

    private readonly byte[]?[] _buffers = new byte[]?[Capacity];
    private readonly int[] _lengths = new int[Capacity];
    private readonly TransportAddress[] _destinations = new TransportAddress[Capacity];
    private int _head;

    public int Count { get; private set; }

    /// <summary>Returns the buffer for the next datagram, or an empty span when the queue is full.</summary>
    internal Span<byte> Reserve()
    {
        if (Count == 0)
        {
            _head = 0; // a peer with little traffic needs one buffer instead of the whole ring
        }

        return Count == Capacity ? [] : _buffers[(_head + Count) % Capacity] ??= new byte[DatagramCapacity];
    }

    /// <summary>Queues the datagram in the reserved buffer.</summary>
    internal void Commit(in TransportAddress to, int length)
    {
        var slot = (_head + Count) % Capacity;
        _lengths[slot] = length;
        _destinations[slot] = to;
        Count++;
    }

    /// <summary>Removes the oldest datagram. Its bytes stay valid until the next <see cref="Reserve"/>.</summary>
    internal bool TryTake(out TransportAddress to, out ReadOnlySpan<byte> datagram)
    {
        to = default;
        datagram = default;
        if (Count == 0)
        {
            return false;
        }

        to = _destinations[_head];
        datagram = _buffers[_head].AsSpan(0, _lengths[_head]);
        _head = (_head + 1) % Capacity;
        Count--;
        return true;
    }
}
