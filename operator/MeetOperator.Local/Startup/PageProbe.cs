using MeetOperator.Contracts;

namespace MeetOperator.Local;

/// <summary>Waits until a browser would get the page.</summary>
internal static class PageProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    /// <exception cref="LocalException">It did not come in time; the message holds the last lines of signaling's log.</exception>
    public static async Task WaitAsync(LocalHost host, LocalOptions options, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        var page = new Uri($"http://{(options.Listen == "0.0.0.0" ? "127.0.0.1" : options.Listen)}:{options.Port}/");
        while (!await AnswersAsync(http, page, limit.Token).ConfigureAwait(false))
        {
            await Task.Delay(Period, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
            if (limit.IsCancellationRequested)
            {
                var log = await host.LastLinesAsync(MeetComponents.Signaling, ct).ConfigureAwait(false);
                throw new LocalException($"{page} did not answer within {Limit.TotalSeconds:0} s. Signaling's last lines:\n{log}");
            }
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri page, CancellationToken ct)
    {
        try
        {
            using var response = await http.GetAsync(page, ct).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
