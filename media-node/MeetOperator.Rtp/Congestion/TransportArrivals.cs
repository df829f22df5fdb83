using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Congestion;

/// <summary>
/// Notes when packets with a transport-wide sequence number arrived, and turns that into feedback for their sender
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). Allocates once.
/// </summary>
public sealed class TransportArrivals
{
    private const int Capacity = 8192;

    private readonly long[] arrivals = new long[Capacity];

    /// <summary>Which cycle of the window each arrival is of: what a jump passes over need not be cleared.</summary>
    private readonly int[] cycles = new int[Capacity];
    private ExtendedSequenceNumber sequence;
    private bool started;
    private long next; // the first that the next feedback covers
    private byte feedbackCount;

    /// <summary>True when there is something to report.</summary>
    public bool HasNews => started && next <= sequence.Highest;

    /// <summary>Packets that the next feedback would cover.</summary>
    public int Pending => started ? (int)(sequence.Highest - next + 1) : 0;

    /// <summary>Notes a packet.</summary>
    public void OnPacket(long nowTicks, ushort sequenceNumber)
    {
        var previous = sequence.Highest;
        var current = sequence.Unwrap(sequenceNumber);
        if (!started)
        {
            started = true;
            next = current;
            Array.Fill(cycles, -1);
        }
        else if (current <= previous)
        {
            if (current <= previous - Capacity || IsReceived(current))
            {
                return; // too old, or a copy
            }

            next = Math.Min(next, current); // late: report from there again, as the sender believes it lost
        }

        arrivals[Slot(current)] = nowTicks;
        cycles[Slot(current)] = Cycle(current);
        next = Math.Max(next, sequence.Highest - Capacity + 1);
    }

    /// <summary>
    /// Writes one feedback packet about what arrived since the last one; call again while <see cref="HasNews"/>.
    /// Returns its length, or 0 when there is nothing to say or no room to say it.
    /// </summary>
    public int WriteFeedback(uint senderSsrc, uint mediaSsrc, Span<byte> destination)
    {
        if (!HasNews)
        {
            return 0;
        }

        // The highest one was received, so there is a first one.
        var builder = new TransportFeedbackBuilder(destination, (ushort)next, arrivals[Slot(FirstReceived())]);
        var position = next;
        while (position <= sequence.Highest && builder.TryAdd(ArrivalAt(position)))
        {
            position++;
        }

        if (position == next)
        {
            return 0;
        }

        next = position;
        return builder.Finish(senderSsrc, mediaSsrc, feedbackCount++);
    }

    private static int Slot(long sequenceNumber) => (int)(sequenceNumber & (Capacity - 1));

    private static int Cycle(long sequenceNumber) => (int)(sequenceNumber / Capacity);

    private bool IsReceived(long sequenceNumber) => cycles[Slot(sequenceNumber)] == Cycle(sequenceNumber);

    private long? ArrivalAt(long sequenceNumber) => IsReceived(sequenceNumber) ? arrivals[Slot(sequenceNumber)] : null;

    private long FirstReceived()
    {
        var first = next;
        while (first < sequence.Highest && !IsReceived(first))
        {
            first++;
        }

        return first;
    }
}
