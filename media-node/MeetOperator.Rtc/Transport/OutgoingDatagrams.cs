namespace MeetOperator.Rtc;

/// <summary>
/// Datagrams that wait to be sent. Bounded: when the host does not poll, new ones are dropped, as a network would.
/// Buffers are made once and kept.
/// </summary>
internal sealed class OutgoingDatagrams
{
    private const int Capacity = 32;
    private const int DatagramCapacity = 1500;

    private readonly byte[]?[] buffers = new byte[]?[Capacity];
    private readonly int[] lengths = new int[Capacity];
    private readonly TransportAddress[] destinations = new TransportAddress[Capacity];
    private int head;

    public int Count { get; private set; }

    /// <summary>A buffer to write the next datagram to; empty when the queue is full.</summary>
    internal Span<byte> Reserve()
    {
        if (Count == 0)
        {
            head = 0; // a quiet peer needs one buffer, not the whole ring
        }

        return Count == Capacity ? [] : buffers[(head + Count) % Capacity] ??= new byte[DatagramCapacity];
    }

    /// <summary>Queues what was written to the reserved buffer.</summary>
    internal void Commit(in TransportAddress to, int length)
    {
        var slot = (head + Count) % Capacity;
        lengths[slot] = length;
        destinations[slot] = to;
        Count++;
    }

    /// <summary>Takes the oldest datagram; its bytes stay valid until the next call that queues one.</summary>
    internal bool TryTake(out TransportAddress to, out ReadOnlySpan<byte> datagram)
    {
        to = default;
        datagram = default;
        if (Count == 0)
        {
            return false;
        }

        to = destinations[head];
        datagram = buffers[head].AsSpan(0, lengths[head]);
        head = (head + 1) % Capacity;
        Count--;
        return true;
    }
}
