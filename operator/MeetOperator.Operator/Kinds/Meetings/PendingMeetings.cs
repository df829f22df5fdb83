using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Meetings that wait for capacity or quota, oldest first. They are woken when something becomes free, and otherwise retry with increasing delays.</summary>
internal sealed class PendingMeetings
{
    /// <summary>How many meetings are woken at once: enough to use the freed capacity, but few enough to bound the cost of a long queue.</summary>
    private const int Batch = 32;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, (long Position, TimeSpan Wait)> _order = [];
    private readonly SortedDictionary<long, NamespacedName> _queue = [];
    private long _next;

    /// <summary>Adds a meeting, or keeps its position. Returns the delay until its next retry, which doubles with each call.</summary>
    public TimeSpan Add(NamespacedName meeting)
    {
        lock (_gate)
        {
            if (_order.TryGetValue(meeting, out var known))
            {
                var longer = known.Wait * 2;
                known.Wait = longer < LongestWait ? longer : LongestWait;
                _order[meeting] = known;
                return known.Wait;
            }

            _order[meeting] = (_next, FirstWait);
            _queue[_next++] = meeting;
            return FirstWait;
        }
    }

    public void Remove(NamespacedName meeting)
    {
        lock (_gate)
        {
            if (_order.Remove(meeting, out var known))
            {
                _queue.Remove(known.Position);
            }
        }
    }

    public IReadOnlyList<NamespacedName> Oldest()
    {
        lock (_gate)
        {
            return _queue.Count == 0 ? [] : [.. _queue.Values.Take(Batch)];
        }
    }

    public IReadOnlyList<NamespacedName> All()
    {
        lock (_gate)
        {
            return _queue.Count == 0 ? [] : [.. _queue.Values];
        }
    }
}
