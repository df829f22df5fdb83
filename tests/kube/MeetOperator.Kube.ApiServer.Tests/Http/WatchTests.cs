using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Settings;

namespace MeetOperator.Kube.ApiServer.Tests.Http;

public sealed class WatchTests
{
    private sealed class Lines(Stream stream) : IDisposable
    {
        private readonly StreamReader _reader = new(stream);

        public async Task<JsonObject?> NextAsync()
        {
            var line = await _reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
            return line is null ? null : JsonNode.Parse(line)!.AsObject();
        }

        public async Task<string> ShowAsync() => await NextAsync() is { } e ? $"{e["type"]} {e["object"]!["metadata"]!["name"]}" : "end";

        public void Dispose() => _reader.Dispose();
    }

    private static async Task<Lines> OpenAsync(Api api, string query) => new(await api.Http.GetStreamAsync($"{Api.Widgets}?watch=true{query}"));

    [Fact]
    public async Task Watch_NoVersion_StartsWithExistingObjects()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("a");
        using var watch = await OpenAsync(api, string.Empty);
        Assert.Equal("ADDED a", await watch.ShowAsync());
        await api.CreateWidgetAsync("b");
        await api.PatchAsync(Api.Widgets + "/b", """{"spec":{"size":"Large"}}""");
        await api.OkAsync("DELETE", Api.Widgets + "/a");
        Assert.Equal("ADDED b", await watch.ShowAsync());
        Assert.Equal("MODIFIED b", await watch.ShowAsync());
        Assert.Equal("DELETED a", await watch.ShowAsync());
    }

    [Fact]
    public async Task Watch_FromVersion_ReplaysLaterEvents()
    {
        await using var api = await Api.StartAsync();
        var version = (string?)(await api.CreateWidgetAsync("a"))["metadata"]!["resourceVersion"];
        await api.CreateWidgetAsync("b");
        await api.OkAsync("DELETE", Api.Widgets + "/b");
        using var watch = await OpenAsync(api, $"&resourceVersion={version}");
        Assert.Equal("ADDED b", await watch.ShowAsync());
        var deleted = (await watch.NextAsync())!;
        Assert.Equal("DELETED", (string?)deleted["type"]);
        Assert.True(long.Parse((string)deleted["object"]!["metadata"]!["resourceVersion"]!) > long.Parse(version!) + 1);
    }

    [Fact]
    public async Task Watch_WithSelector_ReportsStartAndEndOfMatches()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("a");
        using var watch = await OpenAsync(api, "&labelSelector=app%3Dx");
        await api.PatchAsync(Api.Widgets + "/a", """{"metadata":{"labels":{"app":"x"}}}""");
        Assert.Equal("ADDED a", await watch.ShowAsync());
        await api.PatchAsync(Api.Widgets + "/a", """{"metadata":{"labels":{"app":"y"}}}""");
        Assert.Equal("DELETED a", await watch.ShowAsync());
    }

    [Fact]
    public async Task Watch_CompactedVersion_IsExpired()
    {
        await using var api = await Api.StartAsync();
        var version = (string?)(await api.CreateWidgetAsync("a"))["metadata"]!["resourceVersion"];
        await api.CreateWidgetAsync("b");
        api.Server.CompactWatchHistory();
        using var watch = await OpenAsync(api, $"&resourceVersion={version}");
        var error = (await watch.NextAsync())!;
        Assert.Equal("ERROR", (string?)error["type"]);
        var status = error["object"]!;
        Assert.Equal(410, (int)status["code"]!);
        Assert.Equal("Expired", (string?)status["reason"]);
        Assert.StartsWith("too old resource version", (string?)status["message"]);
    }

    [Fact]
    public async Task List_ContinuedAfterCompaction_IsExpired()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("a");
        await api.CreateWidgetAsync("b");
        var token = (string)(await api.OkAsync("GET", $"{Api.Widgets}?limit=1"))["metadata"]!["continue"]!;
        await api.CreateWidgetAsync("c");
        api.Server.CompactWatchHistory();
        Assert.Equal(410, (await api.SendAsync("GET", $"{Api.Widgets}?limit=1&continue={Uri.EscapeDataString(token)}")).Code);
    }

    [Fact]
    public async Task Watch_FutureVersion_IsExpired()
    {
        await using var api = await Api.StartAsync();
        Assert.Equal(410, (await api.SendAsync("GET", $"{Api.Widgets}?watch=true&resourceVersion=999999999")).Code);
        Assert.Equal(504, (await api.SendAsync("GET", $"{Api.Widgets}?resourceVersion=999999999")).Code);
    }

    [Fact]
    public async Task Watch_WithTimeout_Ends()
    {
        await using var api = await Api.StartAsync();
        using var watch = await OpenAsync(api, "&timeoutSeconds=1");
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task Watch_IdleWithBookmarks_GetsBookmarks()
    {
        await using var api = await Api.StartAsync(new ApiServerOptions { BookmarkInterval = TimeSpan.FromMilliseconds(50) });
        await api.CreateWidgetAsync("a");
        await api.OkAsync("POST", "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"other"}}""");
        using var watch = await OpenAsync(api, "&allowWatchBookmarks=true");
        Assert.Equal("ADDED a", await watch.ShowAsync());
        var bookmark = (await watch.NextAsync())!;
        Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
        Assert.Equal("Widget", (string?)bookmark["object"]!["kind"]);
        var list = await api.OkAsync("GET", Api.Widgets);
        Assert.Equal((string?)list["metadata"]!["resourceVersion"], (string?)bookmark["object"]!["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task Watch_CrdDeleted_Ends()
    {
        await using var api = await Api.StartAsync();
        using var watch = await OpenAsync(api, string.Empty);
        await api.OkAsync("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.test");
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task Watch_AsTable_SendsColumnsOnce()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("a");
        await api.CreateWidgetAsync("b");
        api.Http.DefaultRequestHeaders.Add("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        using var watch = await OpenAsync(api, string.Empty);
        var first = (await watch.NextAsync())!["object"]!;
        Assert.Equal("Table", (string?)first["kind"]);
        Assert.Equal(6, first["columnDefinitions"]!.AsArray().Count);
        Assert.Equal("a", (string?)first["rows"]![0]!["cells"]![0]);
        Assert.Empty((await watch.NextAsync())!["object"]!["columnDefinitions"]!.AsArray());
    }

    [Fact]
    public async Task List_Paged_ReturnsEachObjectOnceInOneVersion()
    {
        await using var api = await Api.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await api.CreateWidgetAsync($"w{i}");
        }

        var names = new List<string>();
        var versions = new HashSet<string>();
        var token = string.Empty;
        do
        {
            var page = await api.OkAsync("GET", $"{Api.Widgets}?limit=2&continue={Uri.EscapeDataString(token)}");
            names.AddRange(page["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));
            versions.Add((string)page["metadata"]!["resourceVersion"]!);
            token = (string?)page["metadata"]!["continue"] ?? string.Empty;
            await api.PatchAsync(Api.Widgets + "/w0", $$$"""{"spec":{"replicas":{{{names.Count}}}}}""");
        }
        while (token.Length > 0);

        Assert.Equal(["w0", "w1", "w2", "w3", "w4"], names);
        Assert.Single(versions);
        Assert.Equal(400, (await api.SendAsync("GET", $"{Api.Widgets}?continue=nonsense")).Code);
    }
}
