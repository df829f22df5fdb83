using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Client.Watching;

namespace MeetOperator.Conformance.Tests.Reading;

/// <summary>Watches: start versions, events and ends.</summary>
public sealed class WatchTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Watch_FromVersion_SendsLaterEventsInOrder(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("old");
        var list = await space.OkAsync("GET", space.Path());
        await space.CreateAsync("a");
        await space.MergeAsync("a", """{"spec":{"replicas":2}}""");
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={list.Version}"));
        await space.OkAsync("DELETE", space.Path("a"));
        await space.CreateAsync("b");

        var names = new[] { await watch.NextNameAsync(), await watch.NextNameAsync(), await watch.NextNameAsync(), await watch.NextNameAsync() };

        Assert.Equal(["ADDED a", "MODIFIED a", "DELETED a", "ADDED b"], names);
    }

    [Theory]
    [EveryServer]
    public async Task Watch_FromZeroOrNoVersion_SendsExistingObjectsFirst(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a");
        await space.CreateAsync("b");

        foreach (var query in (string[])["?watch=true", "?watch=1&resourceVersion=0"])
        {
            await using var watch = await WatchReader.OpenAsync(space.Server, space.Path(query));

            Assert.Equal(["ADDED a", "ADDED b"], ((string[])[await watch.NextNameAsync(), await watch.NextNameAsync()]).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [EveryServer]
    public async Task Watch_AfterDisconnect_ResumesFromLastEvent(string server)
    {
        var space = await OwnAsync(server);
        var list = await space.OkAsync("GET", space.Path());
        await space.CreateAsync("a");
        await space.CreateAsync("b");
        await space.CreateAsync("c");
        string last;
        await using (var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={list.Version}")))
        {
            last = (await watch.NextAsync()).Object.TextAt("metadata.resourceVersion")!;
        }

        await using var resumed = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={last}"));

        Assert.Equal("ADDED b", await resumed.NextNameAsync());
        Assert.Equal("ADDED c", await resumed.NextNameAsync());
    }

    [Theory]
    [EveryServer]
    public async Task Watch_LabelSelector_SendsAddedAndDeleted(string server)
    {
        var space = await OwnAsync(server);
        var list = await space.OkAsync("GET", space.Path());
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={list.Version}&labelSelector=tier%3Dx"));
        await space.CreateAsync("a");
        var entered = await space.MergeAsync("a", """{"metadata":{"labels":{"tier":"x"}}}""");
        await space.MergeAsync("a", """{"spec":{"replicas":2}}""");
        var left = await space.MergeAsync("a", """{"metadata":{"labels":{"tier":"y"}}}""");
        await space.MergeAsync("a", """{"spec":{"replicas":3}}""");
        await space.CreateAsync("b", metadata: """{"labels":{"tier":"x"}}""");

        var (first, added) = await watch.NextAsync();
        var (second, _) = await watch.NextAsync();
        var (third, deleted) = await watch.NextAsync();
        var fourth = await watch.NextNameAsync();

        Assert.Equal(["ADDED", "MODIFIED", "DELETED"], [first, second, third]);
        Assert.Equal(entered.Version, added.TextAt("metadata.resourceVersion"));

        // The event has the last matching state of the object, with the version of the change.
        Assert.Equal("x", deleted.TextAt("metadata.labels.tier"));
        Assert.Equal(left.Version, deleted.TextAt("metadata.resourceVersion"));
        Assert.Equal("ADDED b", fourth);
    }

    [Theory]
    [EveryServer]
    public async Task Watch_ByName_SendsOnlyThatObject(string server)
    {
        var space = await OwnAsync(server);
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path("?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Db"));
        await space.CreateAsync("a");
        await space.CreateAsync("b");

        Assert.Equal("ADDED b", await watch.NextNameAsync());
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "the feature is new in Kubernetes 1.27")]
    public async Task Watch_WithInitialEvents_MarksTheirEnd(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a");
        var created = await space.CreateAsync("b");
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path("?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"));

        var names = new[] { await watch.NextNameAsync(), await watch.NextNameAsync() };
        var (type, mark) = await watch.NextAsync();
        await space.CreateAsync("c");

        Assert.Equal(["ADDED a", "ADDED b"], names.Order(StringComparer.Ordinal));
        Assert.Equal("BOOKMARK", type);
        Assert.Equal("true", mark.At("metadata.annotations")!["k8s.io/initial-events-end"]!.GetValue<string>());
        Assert.True(Number(mark) >= Number(created.Body));
        Assert.Equal("ADDED c", await watch.NextNameAsync());
        var unmatched = await space.RejectedAsync(422, "GET", space.Path("?watch=true&sendInitialEvents=true"));
        Assert.Equal(["FieldValueForbidden resourceVersionMatch"], unmatched.Causes);
    }

    [Theory]
    [EveryServer]
    public async Task Watch_WithTimeout_EndsWithoutError(string server)
    {
        var space = await OwnAsync(server);
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path("?watch=true&resourceVersion=0&timeoutSeconds=1"));

        Assert.Null(await watch.TryNextAsync());
    }

    [Theory]
    [EveryServer]
    public async Task Watch_WithoutEvents_ReceivesBookmark(string server)
    {
        var space = await OwnAsync(server);
        var created = await space.CreateAsync("a");

        // Real servers send the bookmark in the last seconds of a watch, unless the watch is shorter than that.
        var seconds = server == ServerNames.Embedded ? 2 : 15;
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={created.Version}&allowWatchBookmarks=true&labelSelector=never%3Dthere&timeoutSeconds={seconds}"));
        var unseen = await space.CreateAsync("b");

        var (type, shown) = await watch.NextAsync();

        Assert.Equal("BOOKMARK", type);
        Assert.Equal("Widget", shown.TextAt("kind"));
        Assert.Null(shown.TextAt("metadata.name"));
        Assert.True(Number(shown) >= Number(unseen.Body), $"{shown.ToJsonString()} is before {unseen.Version}");
    }

    [Theory]
    [EveryServer]
    public async Task Watch_FromCompactedVersion_IsGone(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a");
        await space.Server.CompactAsync();

        var (code, reason) = await ErrorAsync(space, "1");

        Assert.Equal(410, code);
        Assert.Equal("Expired", reason);
        var exception = await Assert.ThrowsAsync<KubeApiException>(async () =>
        {
            await foreach (var _ in space.Client.WatchAsync<Objects.TypedWidget>(space.Namespace, new WatchOptions { ResourceVersion = "1" }, CancellationToken.None))
            {
                Assert.Fail("an event from before the compaction");
            }
        });
        Assert.True(exception.IsGone);
    }

    [Theory]
    [EveryServer]
    public async Task Watch_InvalidVersion_IsRejected(string server)
    {
        var space = await OwnAsync(server);

        // The API server returns an internal error.
        Assert.Equal(500, (await space.SendAsync("GET", space.Path("?watch=true&resourceVersion=abc"))).Code);
        Assert.Equal(server == ServerNames.Kubernetes120 ? 500 : 400, (await space.SendAsync("GET", space.Path("?resourceVersion=abc"))).Code);
    }

    [Theory]
    [EveryServer]
    public async Task Watch_TypedClient_ReturnsTypedEvents(string server)
    {
        var space = await OwnAsync(server);
        var list = await space.OkAsync("GET", space.Path());
        await space.CreateAsync("a", """{"size":"Large"}""");

        await foreach (var change in space.Client.WatchAsync<Objects.TypedWidget>(space.Namespace, new WatchOptions { ResourceVersion = list.Version }, CancellationToken.None))
        {
            Assert.Equal("Large", change.Object!.Spec.Size);
            break;
        }
    }

    private static long Number(JsonNode shown) => long.Parse(shown.TextAt("metadata.resourceVersion")!, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>An error is the response or the first event of the watch; clients treat both the same.</summary>
    private static async Task<(int Code, string? Reason)> ErrorAsync(Space space, string version)
    {
        using var response = await space.Server.Http.GetAsync(space.Path($"?watch=true&resourceVersion={version}&timeoutSeconds=5"), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = JsonNode.Parse((await lines.ReadLineAsync())!);
        var status = first.TextAt("type") is null ? first : first.At("object");
        return ((int)(status.NumberAt("code") ?? 0), status.TextAt("reason"));
    }
}
