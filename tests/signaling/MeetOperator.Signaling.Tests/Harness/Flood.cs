using System.Net;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A caller that sends requests as fast as possible.</summary>
internal static class Flood
{
    private const int Most = 5_000;

    /// <summary>
    /// Returns the number of requests that were accepted before the first 429 response, which must have Retry-After. The result is more than 4,999 if there is
    /// none.
    /// </summary>
    public static async Task<int> CountAcceptedAsync(Func<int, Task<HttpResponseMessage>> send)
    {
        var (sent, passed, rejected) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Volatile.Read(ref rejected) == 0 && Volatile.Read(ref passed) < Most)
            {
                using var response = await send(Interlocked.Increment(ref sent));
                if (response.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    Interlocked.Increment(ref rejected);
                    Assert.NotNull(response.Headers.RetryAfter);
                }
                else
                {
                    Interlocked.Increment(ref passed);
                }
            }
        }));
        return passed;
    }
}
