namespace MeetOperator.Signaling.Media;

/// <summary>
/// Limits how many members of all meetings on this replica start to move at the same time: a media node that is drained can have hundreds of meetings, and for each member the next node opens two
/// encrypted connections. Which members of a meeting are next, its <see cref="MoveSchedule"/> decides. Thread-safe; the time is passed in.
/// </summary>
internal sealed class MoveTurns
{
    private readonly Lock _gate = new();

    /// <summary>The number of members that wait, by meeting.</summary>
    private readonly Dictionary<MoveSchedule, int> _waiting = [];

    /// <summary>When the members started that are not connected yet, for as long as others wait for them.</summary>
    private readonly Dictionary<string, TimeSpan> _started = new(StringComparer.Ordinal);

    /// <summary>Returns the members of a meeting that start now; none if it is the turn of others, or as <see cref="MoveSchedule.Take"/>. In its last seconds, a meeting waits for no other.</summary>
    /// <param name="schedule">Of the meeting. No other thread uses it during the call.</param>
    /// <param name="now">The time since a fixed moment.</param>
    /// <param name="left">The time until the former node is left.</param>
    public IReadOnlyList<string> Take(MoveSchedule schedule, TimeSpan now, TimeSpan left)
    {
        lock (_gate)
        {
            foreach (var (late, _) in _started.Where(started => now - started.Value >= MoveSchedule.Patience).ToArray())
            {
                _started.Remove(late);
            }

            _waiting[schedule] = schedule.Waiting;
            var most = left <= 2 * MoveSchedule.Patience ? int.MaxValue : MoveSchedule.SizeFor(_waiting.Values.Sum(), left) - _started.Count;
            var batch = schedule.Take(now, left, most);
            _waiting[schedule] = schedule.Waiting;
            foreach (var participantId in batch)
            {
                _started[participantId] = now;
            }

            return batch;
        }
    }

    /// <summary>Nobody of the meeting waits any more.</summary>
    public void Leave(MoveSchedule schedule)
    {
        lock (_gate)
        {
            _waiting.Remove(schedule);
        }
    }

    /// <summary>A member that has started is connected to its new node, or has left the meeting.</summary>
    public void End(string participantId)
    {
        lock (_gate)
        {
            _started.Remove(participantId);
        }
    }
}
