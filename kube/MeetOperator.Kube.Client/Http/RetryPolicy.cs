using System.Net;
using System.Net.Http.Headers;

namespace MeetOperator.Kube.Client.Http;

/// <summary>Decides whether to retry a failed request: only for 429 and 503 with Retry-After, and a limited number of times.</summary>
internal static class RetryPolicy
{
    public const int MaxRetries = 5;

    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);

    /// <summary>The delay before the next attempt, or null to give up.</summary>
    public static TimeSpan? NextDelay(HttpStatusCode code, TimeSpan? retryAfter, int retries)
    {
        if (retries >= MaxRetries || code is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
        {
            return null;
        }

        return retryAfter is { } delay && delay <= MaxDelay ? delay : null;
    }

    public static TimeSpan? ReadRetryAfter(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        var delay = header?.Delta ?? header?.Date - now;
        return delay is { } value && value < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }
}
