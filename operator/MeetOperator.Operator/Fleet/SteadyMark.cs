namespace MeetOperator.Operator.Fleet;

/// <summary>
/// A time of a status, whose age goes by a monotonic clock: a wall clock may jump, so it counts only up to the moment at which the time was first seen here.
/// </summary>
/// <param name="Value">As it stands in the status.</param>
/// <param name="Age">Its age when it was first seen.</param>
/// <param name="SeenAt">Timestamp of that.</param>
internal sealed record SteadyMark(DateTimeOffset Value, TimeSpan Age, long SeenAt)
{
    /// <summary>The mark of a time; the one of before, while it is of the same time.</summary>
    public static SteadyMark? See(SteadyMark? before, DateTimeOffset? value, DateTimeOffset now, TimeProvider time) =>
        value is not { } at ? null
        : before?.Value == at ? before
        : new SteadyMark(at, now > at ? now - at : TimeSpan.Zero, time.GetTimestamp());

    /// <summary>How long ago the time was.</summary>
    public TimeSpan Elapsed(TimeProvider time) => Age + time.GetElapsedTime(SeenAt);
}
