namespace MeetOperator.Kube.Runtime;

/// <summary>Exponential waits with jitter, computed from the number of failures.</summary>
public static class Backoff
{
    /// <summary>
    /// The wait after <paramref name="failures"/> failures in a row (1 = the first): <paramref name="minimum"/> doubled for each further one, at most
    /// <paramref name="maximum"/>, of which a random part of up to a quarter is taken away so that many clients do not come back together.
    /// </summary>
    public static TimeSpan Delay(int failures, TimeSpan minimum, TimeSpan maximum, Random random)
    {
        var doublings = Math.Clamp(failures - 1, 0, 40);
        var ticks = Math.Min(minimum.Ticks * Math.Pow(2, doublings), maximum.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 - (0.25 * random.NextDouble()))));
    }
}
