using System.Net;
using System.Net.Http.Headers;

namespace MeetOperator.Kube.Client;

/// <summary>Whether a refused request is sent again: only when the server says when (429 and 503 with Retry-After), and only so often.</summary>
internal static class RetryPolicy
{
    public const int MaxRetries = 5;

    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);

    /// <summary>The time to wait before the next try, or null to give up.</summary>
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
