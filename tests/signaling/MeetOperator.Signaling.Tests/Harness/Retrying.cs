using System.Diagnostics;
using System.Net;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Retries requests as docs/signaling-protocol.md requires: after a 429 or 503 response with Retry-After.</summary>
internal static class Retrying
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
