using System.Diagnostics;
using System.Net;

namespace MeetOperator.Signaling.Tests;

/// <summary>Comes back as docs/signaling-protocol.md says: a 429 or 503 with Retry-After passes by itself.</summary>
internal static class Patiently
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var response = await send();
            if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
                || response.Headers.RetryAfter?.Delta is not { } wait
                || watch.Elapsed > Limit)
            {
                return response;
            }

            response.Dispose();
            await Task.Delay(wait);
        }
    }
}
