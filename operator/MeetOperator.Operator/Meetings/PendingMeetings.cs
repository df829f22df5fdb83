using MeetOperator.Kube;

namespace MeetOperator.Operator.Meetings;

/// <summary>Meetings that wait for capacity or quota, oldest first. They are woken when something becomes free, a few at a time.</summary>
internal sealed class PendingMeetings
{
    /// <summary>How many are woken at once: enough to fill what became free, few enough that a long queue costs nothing.</summary>
    private const int Batch = 32;
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, long> _order = [];
    private readonly SortedDictionary<long, NamespacedName> _queue = [];
    private long _next;

    public void Add(NamespacedName meeting)
    {
        lock (_gate)
        {
            if (_order.TryAdd(meeting, _next))
            {
                _queue[_next++] = meeting;
            }
        }
    }

    public void Remove(NamespacedName meeting)
    {
        lock (_gate)
        {
            if (_order.Remove(meeting, out var position))
            {
                _queue.Remove(position);
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
}
