namespace MeetOperator.Rtp.Packets;

/// <summary>Extends 16-bit sequence numbers to 64 bits, so that plain comparison gives their order.</summary>
public struct ExtendedSequenceNumber
{
    private bool _started;

    /// <summary>The highest value so far; 0 before the first packet.</summary>
    public long Highest { get; private set; }

    /// <summary>Returns the 64-bit value that is nearest to the highest one and does not record it. The first value is one cycle above zero, so that
    /// older packets stay positive.</summary>
    public readonly long Peek(ushort sequenceNumber) =>
        _started ? Highest + SequenceNumber.Distance((ushort)Highest, sequenceNumber) : 0x10000L + sequenceNumber;

    /// <summary>Extends the number and records the highest value.</summary>
    public long Unwrap(ushort sequenceNumber)
    {
        var value = Peek(sequenceNumber);
        if (!_started || value > Highest)
        {
            _started = true;
            Highest = value;
        }

        return value;
    }
}
