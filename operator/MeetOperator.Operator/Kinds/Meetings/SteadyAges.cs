using System.Collections.Concurrent;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Measures by a monotonic clock how long meetings have been running and empty.</summary>
internal sealed class SteadyAges(TimeProvider time)
{
    private readonly ConcurrentDictionary<MeetingRef, Marks> _marks = new();

    /// <summary>Returns the status with start times adjusted so that their distance to <paramref name="now"/> is the measured age.</summary>
    public MeetingStatus Apply(MeetingRef meeting, MeetingStatus status, DateTimeOffset now)
    {
        var before = _marks.GetValueOrDefault(meeting);
        var marks = _marks[meeting] = new Marks(SteadyMark.Observe(before?.Started, status.StartedAt, now, time), SteadyMark.Observe(before?.Empty, status.EmptySince, now, time));
        return status with { StartedAt = Since(marks.Started, now), EmptySince = Since(marks.Empty, now) };
    }

    public void Forget(MeetingRef meeting) => _marks.TryRemove(meeting, out _);

    private DateTimeOffset? Since(SteadyMark? mark, DateTimeOffset now) => now - mark?.Elapsed(time);

    private sealed record Marks(SteadyMark? Started, SteadyMark? Empty);
}
