namespace MeetOperator.MediaNode.Time;

/// <summary>
/// Converts the kernel's receive times of one socket's datagrams to monotonic time. The kernel stamps datagrams by the clock for the time of day, which an administrator or NTP
/// can set at any time. A datagram that arrived after the queue was last empty cannot be older than that, so a step of the clock shifts no arrival by
/// more than its time in the queue. All times are 100 ns ticks.
/// </summary>
internal sealed class ArrivalClock
{
    private long _emptyTicks;
    private long _earliestTicks;
    private long _nowTicks;
    private long _offsetTicks;

    /// <summary>Begins the conversion of one batch.</summary>
    /// <param name="beforeTicks">Monotonic time before the batch was read.</param>
    /// <param name="nowTicks">Monotonic time after it was read.</param>
    /// <param name="wallTicks">Time of day at the same moment as <paramref name="nowTicks"/>, since 1970.</param>
    /// <param name="isQueueEmpty">Whether the batch held all datagrams of the queue.</param>
    public void BeginBatch(long beforeTicks, long nowTicks, long wallTicks, bool isQueueEmpty)
    {
        (_earliestTicks, _nowTicks, _offsetTicks) = (Math.Min(_emptyTicks, nowTicks), nowTicks, nowTicks - wallTicks);
        _emptyTicks = isQueueEmpty ? beforeTicks : _emptyTicks;
    }

    /// <summary>The arrival of a datagram of the batch in monotonic time.</summary>
    /// <param name="kernelTicks">The kernel's receive time; 0 when it recorded none.</param>
    public long ArrivalOf(long kernelTicks) => kernelTicks == 0 ? _nowTicks : Math.Clamp(kernelTicks + _offsetTicks, _earliestTicks, _nowTicks);
}
