using System.Collections.Concurrent;

namespace MeetOperator.Signaling;

/// <summary>Token buckets by key; buckets that are full again are forgotten.</summary>
public sealed class RateLimiter(double perSecond, double burst, TimeProvider time)
{
    private const int MaxBuckets = 100_000;

    private readonly ConcurrentDictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one; false when there is none left.</summary>
    public bool TryTake(string key)
    {
        var now = time.GetTimestamp();
        if (buckets.Count >= MaxBuckets)
        {
            Forget(now);
        }

        var bucket = buckets.GetOrAdd(key, _ => new Bucket { Tokens = burst, At = now });
        lock (bucket)
        {
            Fill(bucket, now);
            if (bucket.Tokens < 1)
            {
                return false;
            }

            bucket.Tokens--;
            return true;
        }
    }

    private void Fill(Bucket bucket, long now)
    {
        bucket.Tokens = Math.Min(burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
        bucket.At = now;
    }

    private void Forget(long now)
    {
        foreach (var (key, bucket) in buckets)
        {
            lock (bucket)
            {
                Fill(bucket, now);
                if (bucket.Tokens >= burst)
                {
                    buckets.TryRemove(key, out _);
                }
            }
        }
    }

    private sealed class Bucket
    {
        public double Tokens { get; set; }

        public long At { get; set; }
    }
}
