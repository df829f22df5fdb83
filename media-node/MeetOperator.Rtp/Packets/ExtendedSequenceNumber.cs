namespace MeetOperator.Rtp.Packets;

/// <summary>Unwraps 16-bit sequence numbers into 64-bit ones, so that order is plain comparison from then on.</summary>
public struct ExtendedSequenceNumber
{
    private bool started;

    /// <summary>The highest value so far; 0 before the first.</summary>
    public long Highest { get; private set; }

    /// <summary>The 64-bit value nearest to the highest one, without taking note of it. The first one is put one cycle above zero, so that older packets stay positive.</summary>
    public readonly long Peek(ushort sequenceNumber) =>
        started ? Highest + SequenceNumber.Distance((ushort)Highest, sequenceNumber) : 0x10000L + sequenceNumber;

    /// <summary>Unwraps and remembers the highest.</summary>
    public long Unwrap(ushort sequenceNumber)
    {
        var value = Peek(sequenceNumber);
        if (!started || value > Highest)
        {
            started = true;
            Highest = value;
        }

        return value;
    }
}
