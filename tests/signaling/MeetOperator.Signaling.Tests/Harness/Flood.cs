using System.Net;

namespace MeetOperator.Signaling.Tests;

/// <summary>A caller who sends as fast as he can.</summary>
internal static class Flood
{
    private const int Most = 5_000;

    /// <summary>How many requests come through before the first 429, which says when to come back; more than 4,999 when none does.</summary>
    public static async Task<int> PassedAsync(Func<int, Task<HttpResponseMessage>> send)
    {
        var (sent, passed, refused) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Volatile.Read(ref refused) == 0 && Volatile.Read(ref passed) < Most)
            {
                using var response = await send(Interlocked.Increment(ref sent));
                if (response.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    Interlocked.Increment(ref refused);
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
