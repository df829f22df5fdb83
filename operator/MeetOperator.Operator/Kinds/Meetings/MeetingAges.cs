using System.Collections.Concurrent;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Measures by a monotonic clock how long meetings have been running and empty.</summary>
internal sealed class MeetingAges(TimeProvider time)
{
    private readonly ConcurrentDictionary<MeetingRef, Times> _times = new();
    private readonly ConcurrentDictionary<MeetingRef, DateTimeOffset> _unwritten = new();

    /// <summary>Returns the status with start times adjusted so that their distance to <paramref name="now"/> is the measured age.</summary>
    public MeetingStatus Apply(MeetingRef meeting, MeetingStatus status, DateTimeOffset now)
    {
        var before = _times.GetValueOrDefault(meeting);
        var times = _times[meeting] = new Times(MonotonicTime.Observe(before?.Started, status.StartedAt, now, time), MonotonicTime.Observe(before?.Empty, status.EmptySince, now, time));
        return status with { StartedAt = Since(times.Started, now), EmptySince = Since(times.Empty, now) };
    }

    /// <summary>
    /// Returns since when the meeting has been empty; null when somebody is in it. That is the time in the stored status, or until it is written, the time of the first observation.
    /// </summary>
    public DateTimeOffset? ObserveEmpty(MeetingRef meeting, bool isEmpty, DateTimeOffset? stored, DateTimeOffset now)
    {
        if (isEmpty && stored is null)
        {
            return _unwritten.GetOrAdd(meeting, now);
        }

        _unwritten.TryRemove(meeting, out _);
        return isEmpty ? stored : null;
    }

    /// <summary>Forgets since when the meeting was empty: somebody is in it.</summary>
    public void ObserveInUse(MeetingRef meeting) => _unwritten.TryRemove(meeting, out _);

    /// <summary>Since when nobody was in the meeting when it was last observed, if that is not written yet; otherwise null.</summary>
    public DateTimeOffset? FindUnwrittenEmpty(MeetingRef meeting) => _unwritten.TryGetValue(meeting, out var since) ? since : null;

    public void Forget(MeetingRef meeting)
    {
        _times.TryRemove(meeting, out _);
        _unwritten.TryRemove(meeting, out _);
    }

    private DateTimeOffset? Since(MonotonicTime? start, DateTimeOffset now) => now - start?.Elapsed(time);

    private sealed record Times(MonotonicTime? Started, MonotonicTime? Empty);
}
