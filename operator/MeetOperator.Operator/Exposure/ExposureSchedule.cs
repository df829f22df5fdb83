namespace MeetOperator.Operator.Exposure;

/// <summary>Which targets are measured next. Pure.</summary>
internal static class ExposureSchedule
{
    /// <summary>The most exchanges that run at the same time.</summary>
    public const int MaxRunning = 64;

    /// <summary>Exchanges that begin in one turn, each second. With more targets than this allows, each is measured less often.</summary>
    public const int MaxStarted = 32;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DoubtfulInterval = TimeSpan.FromSeconds(5);

    /// <param name="targets">All targets.</param>
    /// <param name="recordOf">What is known about a target.</param>
    /// <param name="isRunning">Whether an exchange with a target has not ended.</param>
    /// <param name="running">Number of exchanges that have not ended.</param>
    /// <param name="now">The time, by the clock of the records.</param>
    /// <returns>The targets that have waited longest come first; new ones have waited forever, so that no large pool delays others.</returns>
    public static IReadOnlyList<ExposureTarget> FindDue(
        IReadOnlyCollection<ExposureTarget> targets, Func<ExposureTarget, ExposureRecord> recordOf, Func<ExposureTarget, bool> isRunning, int running, TimeSpan now) =>
    [
        .. targets.Where(target => !isRunning(target)).Select(target => (Target: target, Due: DueAt(recordOf(target))))
            .Where(entry => entry.Due <= now)
            .OrderBy(entry => entry.Due)
            .Take(Math.Clamp(MaxRunning - running, 0, MaxStarted))
            .Select(entry => entry.Target),
    ];

    private static TimeSpan DueAt(ExposureRecord record) => record.At is { } at ? at + (record.IsDoubtful ? DoubtfulInterval : Interval) : TimeSpan.MinValue;
}
