using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Client.Watching;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.Tests.Client;

public sealed class KubeClientTests
{
    private static readonly NamespacedName Key = new("a", "b");

    [Fact]
    public async Task GetAsync_ErrorStatus_IsInException()
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(
            context,
            new Status
            {
                Outcome = "Failure",
                Code = 422,
                Reason = "Invalid",
                Message = "widget is invalid",
                Details = new StatusDetails { Causes = [new StatusCause { Field = "spec.colour", Message = "too loud", Reason = "FieldValueInvalid" }] },
            },
            422));
        using var client = new KubeClient(server.Config);

        var error = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Widget>(Key, default));
        Assert.True(error.IsInvalid);
        Assert.Equal("Invalid (422): widget is invalid", error.Message);
        Assert.Equal("spec.colour", Assert.Single(error.Status.Details!.Causes!).Field);
    }

    [Fact]
    public async Task GetAsync_ProxyErrorText_ExceptionHasCodeAndText()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 502;
            await context.Response.WriteAsync("<html>bad gateway</html>");
        });
        using var client = new KubeClient(server.Config);

        var error = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Widget>(Key, default));
        Assert.Equal(502, error.Code);
        Assert.Contains("bad gateway", error.Message);
    }

    [Fact]
    public async Task TryGetAsync_NotFound_IsNull()
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.StatusAsync(context, 404, "NotFound", "no"));
        using var client = new KubeClient(server.Config);

        Assert.Null(await client.TryGetAsync<Widget>(Key, default));
        Assert.False(await client.TryDeleteAsync<Widget>(Key, default));
    }

    [Theory]
    [InlineData(409, "Conflict", true, false)]
    [InlineData(409, "AlreadyExists", false, true)]
    public async Task CreateAsync_Status409_DistinguishesConflictFromAlreadyExists(int code, string reason, bool conflict, bool exists)
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.StatusAsync(context, code, reason, "no"));
        using var client = new KubeClient(server.Config);

        var error = await Assert.ThrowsAsync<KubeApiException>(() => client.CreateAsync(NewWidget(), default));
        Assert.Equal((conflict, exists), (error.IsConflict, error.IsAlreadyExists));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task SendAsync_RetryAfter_WaitsAndSucceeds(int code)
    {
        var time = new ManualTime();
        var calls = 0;
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                return ScriptedServer.JsonAsync(context, NewWidget());
            }

            context.Response.Headers.RetryAfter = "3";
            return ScriptedServer.StatusAsync(context, code, "TooManyRequests", "later");
        });
        using var client = new KubeClient(server.Config, time: time);

        var get = client.GetAsync<Widget>(Key, default);
        await Eventually.TrueAsync(() => calls == 1 && time.TimerCount == 2, "the client waits (one timer besides its timeout)");
        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(1, calls);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("b", (await get).Metadata.Name);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task SendAsync_ManyConcurrentRequests_AreNotThrottled()
    {
        // The clock does not advance, so a client with its own rate limit would never finish.
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(context, NewWidget()));
        using var client = new KubeClient(server.Config, time: new ManualTime());

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => client.GetAsync<Widget>(Key, default))).WaitAsync(Eventually.Limit);
        Assert.Equal(1000, server.Requests.Count);
    }

    [Fact]
    public async Task SendAsync_EndlessRetryAfter_GivesUpWithError()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.Headers.RetryAfter = "0";
            return ScriptedServer.StatusAsync(context, 429, "TooManyRequests", "later");
        });
        using var client = new KubeClient(server.Config);

        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Widget>(Key, default))).IsTooManyRequests);
        Assert.Equal(6, server.Requests.Count);
    }

    [Fact]
    public async Task SendAsync_LongRetryAfter_FailsImmediatelyWithDelay()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return ScriptedServer.StatusAsync(context, 503, "ServiceUnavailable", "maintenance");
        });
        using var client = new KubeClient(server.Config);

        var error = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Widget>(Key, default));
        Assert.Equal(TimeSpan.FromHours(1), error.RetryAfter);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task SendAsync_NoResponse_TimesOut()
    {
        var time = new ManualTime();
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.HoldAsync);
        using var client = new KubeClient(server.Config, new KubeClientOptions { RequestTimeout = TimeSpan.FromSeconds(7) }, time);

        var get = client.GetAsync<Widget>(Key, default);
        await Eventually.TrueAsync(() => server.Requests.Count == 1, "the request arrived");
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.Contains("no response within 7 s", (await Assert.ThrowsAsync<TimeoutException>(() => get)).Message);
    }

    [Fact]
    public async Task SendAsync_IncompleteResponse_TimesOut()
    {
        var time = new ManualTime();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("{\"metadata\":");
            await context.Response.Body.FlushAsync();
            await ScriptedServer.HoldAsync(context);
        });
        using var client = new KubeClient(server.Config, new KubeClientOptions { RequestTimeout = TimeSpan.FromSeconds(7) }, time);

        var get = client.GetAsync<Widget>(Key, default);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return get.IsCompleted;
            },
            "the client gives up");
        await Assert.ThrowsAsync<TimeoutException>(() => get);
    }

    [Fact]
    public async Task SendAsync_Https_VerifiesNameAndUsesHttp2()
    {
        using var certificate = ScriptedServer.CreateCertificate("api.example.io");
        var protocol = string.Empty;
        await using var server = await ScriptedServer.StartAsync(
            context =>
            {
                protocol = context.Request.Protocol;
                return ScriptedServer.JsonAsync(context, NewWidget());
            },
            certificate);
        var config = server.Config with { CertificateAuthorities = [certificate] };

        using var wrongName = new KubeClient(config);
        await Assert.ThrowsAsync<HttpRequestException>(() => wrongName.GetAsync<Widget>(Key, default));
        using var rightName = new KubeClient(config with { TlsServerName = "api.example.io" });
        await rightName.GetAsync<Widget>(Key, default);
        Assert.Equal("HTTP/2", protocol);
        using var careless = new KubeClient(server.Config with { InsecureSkipTlsVerify = true });
        await careless.GetAsync<Widget>(Key, default);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task SendAsync_UseHttp1AfterTimeout_UsesAnotherConnection()
    {
        using var certificate = ScriptedServer.CreateCertificate("api.example.io");
        var connections = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                connections.Enqueue(context.Connection.Id);
                if (connections.Count == 1)
                {
                    await Task.Delay(Timeout.Infinite, context.RequestAborted); // As a server that is gone: nothing comes back.
                }

                await ScriptedServer.JsonAsync(context, NewWidget());
            },
            certificate);
        using var client = new KubeClient(server.Config with { InsecureSkipTlsVerify = true }, new KubeClientOptions { UseHttp1 = true, RequestTimeout = TimeSpan.FromSeconds(1) });

        await Assert.ThrowsAsync<TimeoutException>(() => client.GetAsync<Widget>(Key, default));
        await client.GetAsync<Widget>(Key, default);

        Assert.Equal(2, connections.Distinct().Count());
    }

    [Fact]
    public async Task SendAsync_ClientCertificate_IsPresented()
    {
        using var certificate = ScriptedServer.CreateCertificate("api.example.io");
        using var mine = ScriptedServer.CreateCertificate("me");
        var seen = string.Empty;
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                seen = (await context.Connection.GetClientCertificateAsync())?.Subject;
                await ScriptedServer.JsonAsync(context, NewWidget());
            },
            certificate);
        using var client = new KubeClient(server.Config with { InsecureSkipTlsVerify = true, ClientCertificate = mine });

        await client.GetAsync<Widget>(Key, default);
        Assert.Equal("CN=me", seen);
    }

    [Fact]
    public async Task SendAsync_TokenFileReplaced_NextRequestUsesNewToken()
    {
        var folder = Directory.CreateTempSubdirectory("token");
        var file = Path.Combine(folder.FullName, "token");
        await File.WriteAllTextAsync(file, "old\n");
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(context, NewWidget()));
        using var client = new KubeClient(server.Config with { TokenFile = file });

        await client.GetAsync<Widget>(Key, default);
        await File.WriteAllTextAsync(file, "new");
        await client.GetAsync<Widget>(Key, default);
        folder.Delete(recursive: true);
        await client.GetAsync<Widget>(Key, default);

        Assert.Equal(["Bearer old", "Bearer new", "Bearer new"], server.Requests.Select(r => r.Authorization));
    }

    [Fact]
    public async Task ListAllAsync_SeveralPages_FollowsTokenAndKeepsSelectors()
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(context, context.Request.Query["continue"].ToString() switch
        {
            "" => Page("more", "a", "b"),
            "more" => Page("most", "c"),
            _ => Page(string.Empty, "d"),
        }));
        using var client = new KubeClient(server.Config);

        var list = await client.ListAllAsync<Widget>("a", new ListOptions { LabelSelector = "x=y", Limit = 2, ResourceVersion = "0" }, default);

        Assert.Equal(["a", "b", "c", "d"], list.Items.Select(w => w.Metadata.Name));
        Assert.Equal("77", list.Metadata.ResourceVersion);
        Assert.All(server.Requests, r => Assert.Equal(("x=y", "2"), (r.Query["labelSelector"], r.Query["limit"])));
        Assert.Equal([true, false, false], server.Requests.Select(r => r.Query.ContainsKey("resourceVersion")));
    }

    [Fact]
    public async Task WatchAsync_FragmentedEvents_AreReadInOrder()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            const string Text = """
                {"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"},"spec":{"colour":"rot → grün"}}}
                {"object":{"metadata":{"name":"a","resourceVersion":"6"}},"type":"DELETED"}

                {"type":"BOOKMARK","object":{"kind":"Widget","metadata":{"resourceVersion":"9"},"spec":null}}
                {"type":"ADDED","object":{"metadata":{"name":"to
                """;
            foreach (var piece in System.Text.Encoding.UTF8.GetBytes(Text).Chunk(7))
            {
                await context.Response.Body.WriteAsync(piece);
                await context.Response.Body.FlushAsync();
            }
        });
        using var client = new KubeClient(server.Config);

        var events = new List<WatchEvent<Widget>>();
        await foreach (var change in client.WatchAsync<Widget>("a", new WatchOptions { ResourceVersion = "4" }, default))
        {
            events.Add(change);
        }

        Assert.Equal([WatchEventType.Added, WatchEventType.Deleted, WatchEventType.Bookmark], events.Select(e => e.Type));
        Assert.Equal("rot → grün", events[0].Object.Spec.Colour);
        Assert.Equal("9", events[2].Object.Metadata.ResourceVersion);
        var query = Assert.Single(server.Requests).Query;
        Assert.Equal(("true", "4", "true"), (query["watch"], query["resourceVersion"], query["allowWatchBookmarks"]));
    }

    [Fact]
    public async Task WatchAsync_ErrorEvent_ThrowsWithIsGone()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
            ScriptedServer.EventAsync(context, "ERROR", new Status { Outcome = "Failure", Code = 410, Reason = "Expired", Message = "too old resource version" }));
        using var client = new KubeClient(server.Config);

        var error = await Assert.ThrowsAsync<KubeApiException>(async () =>
        {
            await foreach (var _ in client.WatchAsync<Widget>(null, null, default))
            {
                Assert.Fail("no event was sent");
            }
        });
        Assert.True(error.IsGone);
    }

    [Fact]
    public async Task ApplyAsync_ObjectFromServer_SendsOnlyOwnableFields()
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(context, NewWidget()));
        using var client = new KubeClient(server.Config);
        var widget = NewWidget();
        widget.Metadata.Generation = 3;
        widget.Metadata.CreationTimestamp = DateTimeOffset.UnixEpoch;
        widget.Metadata.ManagedFields = JsonSerializer.Deserialize<JsonElement>("[]");
        widget.Status = new WidgetStatus { Replicas = 2 };

        await client.ApplyAsync(widget, new ApplyOptions { FieldManager = "me", Force = true }, default);
        await client.ApplyAsync(widget, new ApplyOptions { FieldManager = "me", Subresource = "status" }, default);

        var (main, status) = (server.Requests.First(), server.Requests.Last());
        Assert.Equal("application/apply-patch+yaml", main.ContentType);
        Assert.Equal(("me", "true"), (main.Query["fieldManager"], main.Query["force"]));
        AssertJson("""{"apiVersion":"example.io/v1","kind":"Widget","metadata":{"name":"b","namespace":"a"},"spec":{"colour":"red"}}""", main.Body);
        Assert.Equal("/apis/example.io/v1/namespaces/a/widgets/b/status", status.Path);
        AssertJson("""{"apiVersion":"example.io/v1","kind":"Widget","metadata":{"name":"b","namespace":"a"},"status":{"replicas":2}}""", status.Body);
    }

    [Fact]
    public async Task WriteMethods_Requests_FollowTheKubernetesApi()
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(context, NewWidget()));
        using var client = new KubeClient(server.Config, new KubeClientOptions { FieldManager = "default-manager" });

        await client.ReplaceStatusAsync(NewWidget(), new JsonObject { ["replicas"] = 2 }, default);
        await client.MergePatchAsync<Widget>(Key, new JsonObject { ["spec"] = new JsonObject { ["colour"] = null } }, default, new WriteOptions { FieldManager = "me", DryRun = true });
        await client.DeleteAsync<Widget>(Key, default, new DeleteOptions { Uid = "u1", ResourceVersion = "7", PropagationPolicy = PropagationPolicy.Foreground, GracePeriodSeconds = 5 });
        var scale = new Scale { Spec = new ScaleSpec { Replicas = 4 } };
        scale.Metadata.Namespace = "a";
        scale.Metadata.Name = "b";
        await client.ReplaceScaleAsync<Widget>(scale, default);

        var requests = server.Requests.ToArray();
        Assert.Equal(("PUT", "/apis/example.io/v1/namespaces/a/widgets/b/status", "default-manager"), (requests[0].Method, requests[0].Path, requests[0].Query["fieldManager"]));
        Assert.Equal(["apiVersion", "kind", "metadata", "status"], JsonNode.Parse(requests[0].Body)!.AsObject().Select(field => field.Key));
        Assert.Equal(("PATCH", "application/merge-patch+json", "me", "All"), (requests[1].Method, requests[1].ContentType, requests[1].Query["fieldManager"], requests[1].Query["dryRun"]));
        AssertJson("""{"spec":{"colour":null}}""", requests[1].Body);
        AssertJson(
            """{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":5,"propagationPolicy":"Foreground","preconditions":{"uid":"u1","resourceVersion":"7"}}""",
            requests[2].Body);
        Assert.Equal(("PUT", "/apis/example.io/v1/namespaces/a/widgets/b/scale"), (requests[3].Method, requests[3].Path));
    }

    [Fact]
    public async Task BeforeWrite_Throws_ReadsSucceedAndWritesAreNotSent()
    {
        await using var server = await ScriptedServer.StartAsync(context => ScriptedServer.JsonAsync(context, NewWidget()));
        using var client = new KubeClient(server.Config, new KubeClientOptions { BeforeWrite = () => throw new InvalidOperationException("no longer leader") });

        await client.GetAsync<Widget>(Key, default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.CreateAsync(NewWidget(), default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.DeleteAsync<Widget>(Key, default));

        Assert.Equal(["GET"], server.Requests.Select(r => r.Method));
    }

    [Fact]
    public async Task ReadLogsAsync_Follow_LinesArriveBeforeTheEnd()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first line\n");
            await context.Response.Body.FlushAsync();
            await ScriptedServer.HoldAsync(context);
        });
        using var client = new KubeClient(server.Config);

        await using var log = await client.ReadLogsAsync(new NamespacedName("a", "p"), new LogOptions { Container = "c", TailLines = 1, Follow = true }, default);
        using var reader = new StreamReader(log);
        Assert.Equal("first line", await reader.ReadLineAsync().WaitAsync(Eventually.Limit));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("/api/v1/namespaces/a/pods/p/log", "c", "1", "true"), (request.Path, request.Query["container"], request.Query["tailLines"], request.Query["follow"]));
    }

    private static Widget NewWidget() => new()
    {
        Metadata = new ObjectMeta { Name = "b", Namespace = "a" },
        Spec = new WidgetSpec { Colour = "red" },
    };

    private static KubeList<Widget> Page(string next, params string[] names) => new()
    {
        Metadata = new ListMeta { Continue = next, ResourceVersion = "77" },
        Items = [.. names.Select(name => new Widget { Metadata = new ObjectMeta { Name = name, Namespace = "a" } })],
    };

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"expected {expected}\nactual   {actual}");
}
