namespace MeetOperator.MediaNode.Loops;

/// <summary>When the timers of each session of a loop are due. Used on the loop's thread.</summary>
internal sealed class SessionDeadlines
{
    private readonly PriorityQueue<PeerSession, long> _queue = new();

    /// <summary>The earliest deadline; <see cref="long.MaxValue"/> without any.</summary>
    public long NextTicks => _queue.TryPeek(out _, out var ticks) ? ticks : long.MaxValue;

    /// <summary>Adds a deadline. One that is not earlier than the present deadline of the session has no effect.</summary>
    public void Add(PeerSession session, long ticks)
    {
        if (ticks < session.DeadlineTicks)
        {
            session.DeadlineTicks = ticks;
            _queue.Enqueue(session, ticks);
        }
    }

    /// <summary>Takes the next session whose deadline has passed; null when there is none.</summary>
    public PeerSession? TakeDue(long nowTicks)
    {
        while (_queue.TryPeek(out var session, out var ticks) && ticks <= nowTicks)
        {
            _queue.Dequeue();
            if (session.DeadlineTicks == ticks)
            {
                session.DeadlineTicks = long.MaxValue;
                return session;
            }

            // An earlier deadline of the session has replaced this entry.
        }

        return null;
    }

    /// <summary>Forgets a session that has ended.</summary>
    public static void Remove(PeerSession session) => session.DeadlineTicks = long.MinValue;
}
