using MeetOperator.Contracts.Naming;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Startup;

/// <summary>Waits until the pages can be loaded.</summary>
internal static class PageProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    /// <exception cref="LocalException">The pages were not available in time. The message contains the last log lines of signaling.</exception>
    public static async Task WaitAsync(LocalHost host, LocalOptions options, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        var page = new Uri($"http://{(options.Listen == "0.0.0.0" ? "127.0.0.1" : options.Listen)}:{options.Port}/");
        while (!await IsAvailableAsync(http, page, limit.Token).ConfigureAwait(false))
        {
            await Task.Delay(Period, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
            if (limit.IsCancellationRequested)
            {
                var log = await host.ReadLastLinesAsync(MeetComponents.Signaling, ct).ConfigureAwait(false);
                throw new LocalException($"{page} did not respond within {Limit.TotalSeconds:0} s. Last log lines of signaling:\n{log}");
            }
        }
    }

    private static async Task<bool> IsAvailableAsync(HttpClient http, Uri page, CancellationToken ct)
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
