namespace MeetOperator.MediaNode.Loops;

/// <summary>When the timers of each session and link of a loop are due. Used on the loop's thread.</summary>
internal sealed class SessionDeadlines
{
    private readonly PriorityQueue<ILoopTimer, long> _queue = new();

    /// <summary>The earliest deadline; <see cref="long.MaxValue"/> without any.</summary>
    public long NextTicks => _queue.TryPeek(out _, out var ticks) ? ticks : long.MaxValue;

    /// <summary>Adds a deadline. One that is not earlier than the present deadline of it has no effect.</summary>
    public void Add(ILoopTimer timer, long ticks)
    {
        if (ticks < timer.DeadlineTicks)
        {
            timer.DeadlineTicks = ticks;
            _queue.Enqueue(timer, ticks);
        }
    }

    /// <summary>Takes the next one whose deadline has passed; null when there is none.</summary>
    public ILoopTimer? TakeDue(long nowTicks)
    {
        while (_queue.TryPeek(out var timer, out var ticks) && ticks <= nowTicks)
        {
            _queue.Dequeue();
            if (timer.DeadlineTicks == ticks)
            {
                timer.DeadlineTicks = long.MaxValue;
                return timer;
            }

            // An earlier deadline of it has replaced this entry.
        }

        return null;
    }

    /// <summary>Forgets one that has ended.</summary>
    public static void Remove(ILoopTimer timer) => timer.DeadlineTicks = long.MinValue;
}
