using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MeetOperator.Kube.Client;
using MeetOperator.Signaling.Hosting;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Keys;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A signaling server on a free loopback port, and a client for its REST API.</summary>
public sealed class TestSignaling : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string? _database;

    private TestSignaling(WebApplication app, SignalingOptions options, LogCapture logs, string? database)
    {
        _app = app;
        _database = database;
        Options = options;
        LogLines = () => logs.Lines;
        Address = new Uri(app.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal).TrimEnd('/') + "/");
        Metrics = new Uri(app.Urls.Last().TrimEnd('/') + "/");
        Http = new HttpClient { BaseAddress = Address };
    }

    public SignalingOptions Options { get; }

    public Uri Address { get; }

    /// <summary>The address of the metrics port.</summary>
    public Uri Metrics { get; }

    public HttpClient Http { get; }

    public Func<IReadOnlyCollection<string>> LogLines { get; }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<TestSignaling> StartAsync(TestCluster cluster, Func<SignalingOptions, SignalingOptions>? change = null, KubeClient? kube = null, TimeProvider? time = null)
    {
        var server = await StartUnreadyAsync(cluster, change, kube, time);
        await Eventually.TrueAsync(async () => (await server.Http.GetAsync("readyz")).IsSuccessStatusCode, "the server becomes ready");
        return server;
    }

    /// <summary>Starts a server without waiting until it is ready.</summary>
    public static async Task<TestSignaling> StartUnreadyAsync(TestCluster cluster, Func<SignalingOptions, SignalingOptions>? change = null, KubeClient? kube = null, TimeProvider? time = null)
    {
        var path = Path.Combine(Path.GetTempPath(), $"meet-signaling-{Guid.NewGuid():N}.db");
        var options = new SignalingOptions
        {
            HttpAddress = "127.0.0.1:0",
            MetricsAddress = "127.0.0.1:0",
            Database = $"sqlite:{path}",
            LocalTenant = TestCluster.Tenant,

            // The simulated media nodes and the clients share this process with other tests, and may respond slowly.
            Timings = new SignalingTimings { NodeConnectTimeout = TimeSpan.FromSeconds(60), PongTimeout = TimeSpan.FromMinutes(5) },
            SigningKeys = new SigningKeys([new SigningKey(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32))]),
        };
        options = change?.Invoke(options) ?? options;
        var logs = new LogCapture();
        var app = await SignalingHost.BuildAsync(options, kube ?? cluster.Client, time ?? TimeProvider.System, logging =>
        {
            logging.ClearProviders();
            logging.AddProvider(logs);
        });
        await app.StartAsync();
        return new TestSignaling(app, options, logs, path);
    }

    public async Task<CreateMeetingResponse> CreateAsync(object? settings = null)
    {
        var response = await Http.PostAsJsonAsync("meetings", new { title = "Planning", settings = settings ?? new { } });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
    }

    /// <summary>Waits until the meeting has a media node. Before, a join is rejected after some seconds, which pass on a busy machine.</summary>
    public Task PlacedAsync(string meetingId) => Eventually.TrueAsync(() => Service<MeetingDirectory>().Find(meetingId)?.Assignment is not null, "the meeting has a media node");

    public async Task<JoinResponse> JoinAsync(string meetingId, string name, string? hostToken = null, string? ticket = null, string? region = null)
    {
        var response = await Retrying.SendAsync(() => SendAsync(HttpMethod.Post, $"meetings/{meetingId}/join", new { displayName = name, ticket, region }, hostToken));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JoinResponse>())!;
    }

    /// <summary>Joins over REST, opens the socket and sends <c>join</c>.</summary>
    public async Task<TestClient> EnterAsync(string meetingId, string name, string? hostToken = null)
    {
        var join = await JoinAsync(meetingId, name, hostToken);
        var client = await TestClient.OpenAsync(join);
        await client.JoinAsync();
        return client;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? bearer = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = body as HttpContent ?? JsonContent.Create(body, options: JsonSerializerOptions.Web);
        }

        if (bearer is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        return await Http.SendAsync(request);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_database is not null)
        {
            File.Delete(_database);
        }
    }
}
