namespace MeetOperator.Kube.Runtime;

/// <summary>Exponential backoff with jitter.</summary>
internal static class Backoff
{
    /// <summary>
    /// The delay after <paramref name="failures"/> consecutive failures (1 = the first): <paramref name="minimum"/>, doubled for each further
    /// failure, at most <paramref name="maximum"/>. Up to a quarter is subtracted at random, so that many clients do not retry at the same time.
    /// </summary>
    public static TimeSpan Delay(int failures, TimeSpan minimum, TimeSpan maximum, Random random)
    {
        var doublings = Math.Clamp(failures - 1, 0, 40);
        var ticks = Math.Min(minimum.Ticks * Math.Pow(2, doublings), maximum.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 - (0.25 * random.NextDouble()))));
    }
}
