using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Meetings;

/// <summary>
/// How long meetings have gone on and been empty, by a monotonic clock. The times in a status are those of a wall clock, which may jump: one of them counts
/// from the wall clock only up to when it was first seen here, and from then on goes with the monotonic one.
/// </summary>
internal sealed class SteadyAges(TimeProvider time)
{
    private readonly ConcurrentDictionary<MeetingRef, Marks> _marks = new();

    /// <summary>The status with its times such that their distance to <paramref name="now"/> is the true one.</summary>
    public MeetingStatus Apply(MeetingRef meeting, MeetingStatus status, DateTimeOffset now)
    {
        var before = _marks.GetValueOrDefault(meeting);
        var marks = _marks[meeting] = new Marks(See(before?.Started, status.StartedAt, now), See(before?.Empty, status.EmptySince, now));
        return status with { StartedAt = Since(marks.Started, now), EmptySince = Since(marks.Empty, now) };
    }

    public void Forget(MeetingRef meeting) => _marks.TryRemove(meeting, out _);

    private Mark? See(Mark? before, DateTimeOffset? value, DateTimeOffset now) =>
        value is not { } at ? null
        : before?.Value == at ? before
        : new Mark(at, now > at ? now - at : TimeSpan.Zero, time.GetTimestamp());

    private DateTimeOffset? Since(Mark? mark, DateTimeOffset now) => mark is null ? null : now - mark.Age - time.GetElapsedTime(mark.SeenAt);

    private sealed record Marks(Mark? Started, Mark? Empty);

    /// <param name="Value">As it stands in the status.</param>
    /// <param name="Age">Its age when it was first seen.</param>
    /// <param name="SeenAt">Timestamp of that.</param>
    private sealed record Mark(DateTimeOffset Value, TimeSpan Age, long SeenAt);
}
