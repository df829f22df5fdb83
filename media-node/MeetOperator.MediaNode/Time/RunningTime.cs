namespace MeetOperator.MediaNode.Time;

/// <summary>
/// Monotonic time that stands still while the process is suspended, as by SIGSTOP or with its virtual machine. Otherwise all timeouts would have passed at the first moment afterwards,
/// before the datagrams that wait in the sockets are read. It is a suspension when nobody reads the time for longer than <see cref="MaxRunningGapTicks"/>: each loop reads it at least
/// once a second. All times are 100 ns ticks. Safe for concurrent use.
/// </summary>
internal sealed class RunningTime
{
    /// <summary>What is left out of a suspension must be more than the 3 seconds from which on the bandwidth estimate sees a clock that has jumped, and not a queue.</summary>
    private const long MaxRunningGapTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>
    /// A longer suspension counts as time, because the consent of clients to receive anything expires after 30 seconds (RFC 7675 §5.1).
    /// </summary>
    private const long MaxSuspensionTicks = 25 * TimeSpan.TicksPerSecond;

    /// <summary>What still counts of a suspension, as between two turns of an idle loop.</summary>
    private const long CountedTicks = TimeSpan.TicksPerSecond;

    /// <summary>The last reading is recorded at most so often, because all threads share it.</summary>
    private const long RecordTicks = 100 * TimeSpan.TicksPerMillisecond;
    private readonly Lock _lock = new();
    private long _recorded;
    private long _suspended;
    private long _floor;

    /// <summary>Returns the running time.</summary>
    /// <param name="ticks">Monotonic time now.</param>
    public long At(long ticks)
    {
        if (ticks - Volatile.Read(ref _recorded) > RecordTicks)
        {
            Record(ticks);
        }

        // A thread may have read the time before a suspension that another thread has recorded since.
        return Math.Max(ticks - Volatile.Read(ref _suspended), Volatile.Read(ref _floor));
    }

    private void Record(long ticks)
    {
        lock (_lock)
        {
            var gap = ticks - _recorded;
            if (gap <= 0)
            {
                return;
            }

            var suspended = _suspended + (gap is > MaxRunningGapTicks and <= MaxSuspensionTicks ? gap - CountedTicks : 0);
            Volatile.Write(ref _floor, ticks - suspended); // first, so that no reading is earlier than one before
            Volatile.Write(ref _suspended, suspended);
            Volatile.Write(ref _recorded, ticks);
        }
    }
}
