namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Groups packets that are sent within 5 ms, and compares each group with the one before (draft-ietf-rmcat-gcc-02 §5.2). Packets that a link releases together after a pause belong to one
/// group, so that such links do not look like a growing queue.
/// </summary>
internal struct ArrivalGroups
{
    private const long GroupTicks = 5 * TimeSpan.TicksPerMillisecond;
    private const long BurstTicks = 5 * TimeSpan.TicksPerMillisecond;
    private const long MaxBurstTicks = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>A larger difference between sending and arrival is a jump of a clock.</summary>
    public const long MaxDifferenceTicks = 3 * TimeSpan.TicksPerSecond;

    private Group _current;
    private Group _previous;

    /// <summary>Adds a packet. True when a group is complete; then the deltas compare it with the group before it.</summary>
    public bool TryAdd(long sentTicks, long arrivalTicks, out long sendDelta, out long arrivalDelta)
    {
        (sendDelta, arrivalDelta) = (0, 0);
        if (!_current.HasPackets)
        {
            _current = new Group(sentTicks, arrivalTicks);
            return false;
        }

        if (sentTicks < _current.FirstSent)
        {
            return false; // a late report about a packet of an earlier group
        }

        if (BelongsToCurrent(sentTicks, arrivalTicks))
        {
            _current.LastSent = Math.Max(_current.LastSent, sentTicks);
            _current.LastArrival = Math.Max(_current.LastArrival, arrivalTicks);
            return false;
        }

        var complete = false;
        if (_previous.HasPackets)
        {
            sendDelta = _current.LastSent - _previous.LastSent;
            arrivalDelta = _current.LastArrival - _previous.LastArrival;
            complete = arrivalDelta >= 0;
        }

        if (Math.Abs(arrivalTicks - _current.LastArrival - (sentTicks - _current.LastSent)) > MaxDifferenceTicks)
        {
            // The clock of one side jumped: nothing before it can be compared with what follows.
            (_previous, _current) = (default, new Group(sentTicks, arrivalTicks));
            return false;
        }

        (_previous, _current) = (_current, new Group(sentTicks, arrivalTicks));
        return complete;
    }

    private readonly bool BelongsToCurrent(long sentTicks, long arrivalTicks)
    {
        if (sentTicks - _current.FirstSent <= GroupTicks)
        {
            return true;
        }

        var arrival = arrivalTicks - _current.LastArrival;
        var propagation = arrival - (sentTicks - _current.LastSent);
        return propagation < 0 && arrival <= BurstTicks && arrivalTicks - _current.FirstArrival < MaxBurstTicks;
    }

    private struct Group(long sentTicks, long arrivalTicks)
    {
        public readonly bool HasPackets = true;
        public readonly long FirstSent = sentTicks;
        public readonly long FirstArrival = arrivalTicks;
        public long LastSent = sentTicks;
        public long LastArrival = arrivalTicks;
    }
}
