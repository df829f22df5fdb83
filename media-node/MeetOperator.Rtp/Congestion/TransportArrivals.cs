using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Congestion;

/// <summary>
/// Records the arrival times of packets with a transport-wide sequence number and writes feedback about them for their sender
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). Allocates only at construction.
/// </summary>
public sealed class TransportArrivals
{
    private const int Capacity = 8192;

    private readonly long[] _arrivals = new long[Capacity];

    /// <summary>The window cycle of each arrival. It marks old entries as stale, so a jump need not clear the entries that it skips.</summary>
    private readonly int[] _cycles = new int[Capacity];
    private ExtendedSequenceNumber _sequence;
    private bool _started;
    private long _next; // the first sequence number that the next feedback covers
    private byte _feedbackCount;

    /// <summary>Whether there are packets that no feedback has reported yet.</summary>
    public bool HasUnreportedPackets => _started && _next <= _sequence.Highest;

    /// <summary>Records the arrival of a packet.</summary>
    public void OnPacket(long nowTicks, ushort sequenceNumber)
    {
        var previous = _sequence.Highest;
        var current = _sequence.Unwrap(sequenceNumber);
        if (!_started)
        {
            _started = true;
            _next = current;
            Array.Fill(_cycles, -1);
        }
        else if (current <= previous)
        {
            if (current <= previous - Capacity || IsReceived(current))
            {
                return; // too old, or a duplicate
            }

            _next = Math.Min(_next, current); // a late packet was reported as lost, so report from it again
        }

        _arrivals[Slot(current)] = nowTicks;
        _cycles[Slot(current)] = Cycle(current);
        _next = Math.Max(_next, _sequence.Highest - Capacity + 1);
    }

    /// <summary>
    /// Writes one feedback packet about the arrivals since the previous one. Call again while <see cref="HasUnreportedPackets"/>.
    /// Returns its length, or 0 when there is nothing to report or the destination is too small.
    /// </summary>
    public int WriteFeedback(uint senderSsrc, uint mediaSsrc, Span<byte> destination)
    {
        if (!HasUnreportedPackets)
        {
            return 0;
        }

        // The packet with the highest number was received, so a first received packet exists.
        var builder = new TransportFeedbackBuilder(destination, (ushort)_next, _arrivals[Slot(FirstReceived())]);
        var position = _next;
        while (position <= _sequence.Highest && builder.TryAdd(ArrivalAt(position)))
        {
            position++;
        }

        if (position == _next)
        {
            return 0;
        }

        _next = position;
        return builder.Finish(senderSsrc, mediaSsrc, _feedbackCount++);
    }

    private static int Slot(long sequenceNumber) => (int)(sequenceNumber & (Capacity - 1));

    private static int Cycle(long sequenceNumber) => (int)(sequenceNumber / Capacity);

    private bool IsReceived(long sequenceNumber) => _cycles[Slot(sequenceNumber)] == Cycle(sequenceNumber);

    private long? ArrivalAt(long sequenceNumber) => IsReceived(sequenceNumber) ? _arrivals[Slot(sequenceNumber)] : null;

    private long FirstReceived()
    {
        var first = _next;
        while (first < _sequence.Highest && !IsReceived(first))
        {
            first++;
        }

        return first;
    }
}
