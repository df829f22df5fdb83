namespace MeetOperator.Operator.Fleet;

/// <summary>
/// A time from a status whose age is measured by a monotonic clock. The wall clock may jump, so it is used only until the time is first observed here.
/// </summary>
/// <param name="Value">The time in the status.</param>
/// <param name="Age">Its age when it was first observed.</param>
/// <param name="SeenAt">Monotonic timestamp of that observation.</param>
internal sealed record MonotonicTime(DateTimeOffset Value, TimeSpan Age, long SeenAt)
{
    /// <summary>Returns <paramref name="before"/> if it has the same time; otherwise a new one.</summary>
    public static MonotonicTime? Observe(MonotonicTime? before, DateTimeOffset? value, DateTimeOffset now, TimeProvider time) =>
        value is not { } at ? null
        : before?.Value == at ? before
        : new MonotonicTime(at, now > at ? now - at : TimeSpan.Zero, time.GetTimestamp());

    /// <summary>The time that has passed since <see cref="Value"/>.</summary>
    public TimeSpan Elapsed(TimeProvider time) => Age + time.GetElapsedTime(SeenAt);
}
