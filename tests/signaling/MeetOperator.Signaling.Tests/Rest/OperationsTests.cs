using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests pages, the OpenAPI document, probes and metrics.</summary>
public sealed class OperationsTests(OperationsTests.Server server) : IClassFixture<OperationsTests.Server>
{
    public sealed class Server : ServerFixture
    {
        private readonly string _root = Daemon.NewFolder("web");

        protected override SignalingOptions Configure(SignalingOptions options)
        {
            Directory.CreateDirectory(Path.Combine(_root, "assets"));
            File.WriteAllText(Path.Combine(_root, "index.html"), "<!doctype html><div id=\"root\"></div>");
            File.WriteAllText(Path.Combine(_root, "assets", "app-abc123.js"), "export {};");
            File.WriteAllText(Path.Combine(_root, "assets", "model-abc123.tflite"), "TFL3");
            File.WriteAllText(Path.Combine(_root, "favicon.svg"), "<svg/>");
            return options with { WebRoot = _root, PublicUrl = new Uri("https://meet.example") };
        }
    }

    private HttpClient Http => server.Signaling.Http;

    [Theory]
    [InlineData("", "text/html", "no-store")]
    [InlineData("m/0b9c1d2e-0000-4000-8000-000000000001", "text/html", "no-store")]
    [InlineData("index.html", "text/html", "no-store")]
    [InlineData("assets/app-abc123.js", "text/javascript", "immutable")]
    [InlineData("assets/model-abc123.tflite", "application/octet-stream", "immutable")]
    [InlineData("favicon.svg", "image/svg+xml", "no-cache")]
    public async Task Get_PageOrAsset_SetsCachingAndSecurityHeaders(string path, string type, string caching)
    {
        var response = await Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(caching, response.Headers.CacheControl?.ToString(), StringComparison.Ordinal);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'; trusted-types default", policy, StringComparison.Ordinal);
        Assert.Contains("wss://meet.example", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("'unsafe-", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Theory]
    [InlineData("nothing/here")]
    [InlineData("m/a/b")]
    [InlineData("assets/../../etc/passwd")]
    [InlineData("%2e%2e/%2e%2e/etc/passwd")]
    public async Task Get_UnknownPath_ReturnsNotFoundProblem(string path)
    {
        var response = await Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task OpenApi_AllDocumentedRoutes_AreDescribed()
    {
        var openApi = JsonNode.Parse(await Http.GetStringAsync("openapi/v1.json"))!;
        Assert.StartsWith("3.", (string?)openApi["openapi"], StringComparison.Ordinal);
        Assert.Equal("/", (string?)openApi["servers"]![0]!["url"]);
        var paths = openApi["paths"]!.AsObject();
        string[] documented =
        [
            "post /meetings", "get /meetings/{id}", "delete /meetings/{id}", "post /meetings/{id}/join", "get /meetings/{id}/messages", "get /meetings/{id}/quality",
            "post /meetings/{id}/diagnostics", "get /meetings/{id}/diagnostics", "get /meetings/{id}/diagnostics/{reportId}", "put /meetings/{id}/survey", "get /meetings/{id}/quality/survey",
            "delete /meetings/{id}/participants/{participantId}", "post /meetings/{id}/participants/{participantId}/mute",
            "post /meetings/{id}/whip", "post /meetings/{id}/whep", "delete /meetings/{id}/whip/{session}", "post /meetings/{id}/checks",
            "post /meetings/{id}/checks/{checkId}/connections/{name}", "post /meetings/{id}/checks/{checkId}/echo/{name}", "put /meetings/{id}/checks/{checkId}/result", "get /healthz", "get /readyz",
        ];
        foreach (var route in documented)
        {
            var parts = route.Split(' ');
            Assert.True((paths[parts[1]] ?? paths[parts[1] + "/"])?[parts[0]] is not null, $"{route} is missing: {string.Join(", ", paths.Select(p => p.Key))}");
        }

        var create = (paths["/meetings"] ?? paths["/meetings/"])!["post"]!;
        Assert.NotNull(create["requestBody"]!["content"]!["application/json"]);
        Assert.All(["201", "400", "401", "413", "415", "429", "503"], status => Assert.NotNull(create["responses"]![status]));
        Assert.Equal("Body of `POST /meetings`.", (string?)openApi["components"]!["schemas"]!["CreateMeetingRequest"]!["description"]);
        Assert.Null(create["parameters"]); // Service parameters are not documented.
    }

    [Fact]
    public async Task Liveness_LoopHangs_FailsWithLoopName()
    {
        var health = server.Signaling.Service<LoopHealth>();
        Assert.Equal(1, health.Running("informer-Meeting"));
        using (health.Begin("stuck", TimeSpan.FromTicks(1)))
        {
            using var answer = await Http.GetAsync("healthz");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("loop stuck has made no progress", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("ok", await Http.GetStringAsync("healthz"));
    }

    [Fact]
    public async Task Probes_RunningServer_ReturnOkAndMetrics()
    {
        Assert.Equal("ok", await Http.GetStringAsync("healthz"));
        Assert.Equal("ok", await Http.GetStringAsync("readyz"));
        var meeting = await server.Signaling.CreateAsync();
        await using var ann = await server.Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var metrics = await Http.GetStringAsync(new Uri(server.Signaling.Metrics, "metrics"));
        Assert.Contains("meet_signaling_sockets 1", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_signaling_joins_total{result=\"ok\"}", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(ann.Id, metrics, StringComparison.Ordinal);
        using var promtool = Process.Start(new ProcessStartInfo("promtool", "check metrics") { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, await promtool.StandardError.ReadToEndAsync() + metrics);
    }

    /// <summary>The Host header must not select the metrics port.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("127.0.0.1:8081")]
    public async Task Metrics_OnPublicPort_ReturnsNotFound(string? host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Signaling.Address, "metrics")) { Headers = { Host = host ?? server.Signaling.Metrics.Authority } };
        var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.DoesNotContain("meet_signaling", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("healthz")]
    [InlineData("meetings")]
    [InlineData("openapi/v1.json")]
    public async Task MetricsPort_OtherPaths_ReturnsNotFound(string path)
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync(new Uri(server.Signaling.Metrics, path))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Http.PostAsync(new Uri(server.Signaling.Metrics, path), null)).StatusCode);
    }

    [Fact]
    public async Task Get_ManyUnknownIds_IsThrottled()
    {
        await using var own = await TestSignaling.StartAsync(server.Cluster);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 90).Select(async _ => (await own.SendAsync(HttpMethod.Get, $"meetings/{Guid.NewGuid()}")).StatusCode));
        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        Assert.All(statuses, s => Assert.True(s is HttpStatusCode.NotFound or HttpStatusCode.TooManyRequests));
    }
}
