using System.Threading.RateLimiting;

namespace MeetOperator.Signaling;

/// <summary>A token bucket for each key; one that is full again is forgotten.</summary>
public sealed class Throttle : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<string> buckets;

    /// <param name="perSecond">Tokens that come back in a second; at least 10.</param>
    /// <param name="burst">Tokens that are there at first, and at most.</param>
    public Throttle(int perSecond, int burst)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSecond, 10);
        buckets = Create(new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = perSecond / 10, ReplenishmentPeriod = Period, AutoReplenishment = true });
    }

    private Throttle(TokenBucketRateLimiterOptions options) => buckets = Create(options);

    /// <summary>One token comes back in each <paramref name="period"/>.</summary>
    public static Throttle OneEvery(TimeSpan period, int burst) =>
        new(new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = period, AutoReplenishment = true });

    /// <summary>Takes as many tokens; false when there are not so many left.</summary>
    public bool TryTake(string key, int tokens = 1)
    {
        using var lease = buckets.AttemptAcquire(key, tokens);
        return lease.IsAcquired;
    }

    public void Dispose() => buckets.Dispose();

    private static PartitionedRateLimiter<string> Create(TokenBucketRateLimiterOptions options) =>
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => options), StringComparer.Ordinal);
}
