using System.Threading.RateLimiting;

namespace MeetOperator.Signaling.Access;

/// <summary>A rate limiter with one token bucket per key. Full buckets are discarded. Thread-safe.</summary>
internal sealed class Throttle : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<string> _buckets;

    /// <param name="perSecond">Tokens that are replenished per second; at least 10.</param>
    /// <param name="burst">Initial and maximum number of tokens.</param>
    public Throttle(int perSecond, int burst)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSecond, 10);
        _buckets = Create(new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = perSecond / 10, ReplenishmentPeriod = Period, AutoReplenishment = true });
    }

    private Throttle(TokenBucketRateLimiterOptions options) => _buckets = Create(options);

    /// <summary>Creates a limiter that replenishes one token per <paramref name="period"/>.</summary>
    public static Throttle OneEvery(TimeSpan period, int burst) =>
        new(new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = period, AutoReplenishment = true });

    /// <summary>Takes the tokens, or returns false and takes none if the bucket does not have enough.</summary>
    public bool TryTake(string key, int tokens = 1)
    {
        using var lease = _buckets.AttemptAcquire(key, tokens);
        return lease.IsAcquired;
    }

    public void Dispose() => _buckets.Dispose();

    private static PartitionedRateLimiter<string> Create(TokenBucketRateLimiterOptions options) =>
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => options), StringComparer.Ordinal);
}
