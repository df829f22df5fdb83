using System.Text.Json.Nodes;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>Reads an open watch event by event.</summary>
internal sealed class WatchReader : IAsyncDisposable
{
    private static readonly TimeSpan EventTimeout = TimeSpan.FromSeconds(30);
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private WatchReader(HttpResponseMessage response, StreamReader lines)
    {
        _response = response;
        _lines = lines;
    }

    public static async Task<WatchReader> OpenAsync(ConformanceServer server, string path, string accept = Space.Json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
        return new WatchReader(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next event; fails when the watch has ended.</summary>
    public async Task<(string Type, JsonObject Object)> NextAsync() => await TryNextAsync() ?? throw new Xunit.Sdk.XunitException("the watch ended");

    /// <summary>The next event, or null when the watch has ended.</summary>
    public async Task<(string Type, JsonObject Object)?> TryNextAsync()
    {
        using var limit = new CancellationTokenSource(EventTimeout);
        var line = await _lines.ReadLineAsync(limit.Token);
        return line is null ? null : (JsonNode.Parse(line).TextAt("type")!, JsonNode.Parse(line)!["object"]!.AsObject());
    }

    /// <summary>The next event as <c>TYPE name</c>.</summary>
    public async Task<string> NextNameAsync()
    {
        var (type, shown) = await NextAsync();
        return $"{type} {shown.TextAt("metadata.name")}";
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
