using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>A server that runs in its own process and can be killed.</summary>
internal sealed class SignalingProcess : IDisposable
{
    private readonly Daemon _daemon;

    private SignalingProcess(Daemon daemon, int port)
    {
        _daemon = daemon;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    public IPEndPoint EndPoint { get; }

    public Uri Address => new($"http://{EndPoint}/");

    public string Log => _daemon.Log;

    /// <summary>
    /// Starts a server and waits until it is ready. Replicas of one installation share <paramref name="keys"/>, database and Redis. <paramref name="program"/> is a
    /// file name in the folder of the test assembly.
    /// </summary>
    public static async Task<SignalingProcess> StartAsync(
        TestCluster cluster, string keys, string database, string redis, IReadOnlyDictionary<string, string>? more = null, string program = "MeetOperator.Signaling.dll")
    {
        var folder = Daemon.NewFolder("signaling");
        await File.WriteAllTextAsync(Path.Combine(folder, "signing-key"), keys);
        await File.WriteAllTextAsync(Path.Combine(folder, "kubeconfig"), $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"t",
             "clusters":[{"name":"t","cluster":{"server":"{{{cluster.Api.Server.Address}}}"}}],
             "users":[{"name":"t","user":{"token":"{{{cluster.Api.Server.Token}}}"}}],
             "contexts":[{"name":"t","context":{"cluster":"t","user":"t"}}]}
            """);
        var port = FreePort.Next();
        var variables = new Dictionary<string, string>(more ?? new Dictionary<string, string>())
        {
            ["KUBECONFIG"] = $"{folder}/kubeconfig",
            ["MEET_SIGNING_KEY_FILE"] = $"{folder}/signing-key",
            ["MEET_DATABASE"] = database,
            ["MEET_REDIS"] = redis,
            ["MEET_LOCAL_TENANT"] = TestCluster.Tenant,
            ["MEET_METRICS_ADDRESS"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Next()}"),
            ["MEET_HTTP_ADDRESS"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
        };
        var process = new SignalingProcess(
            Daemon.Start($"exec env {string.Join(' ', variables.Select(v => $"'{v.Key}={v.Value}'"))} '{Environment.ProcessPath}' '{Path.Combine(AppContext.BaseDirectory, program)}'", folder), port);
        using var http = new HttpClient { BaseAddress = process.Address };
        await Eventually.TrueAsync(
            async () => await process._daemon.AcceptsAsync(port) && await IsReadyAsync(http), "the process is ready", TimeSpan.FromSeconds(120));
        return process;
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            return (await http.GetAsync("readyz")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // The server listens but was too busy to respond.
        }
    }

    public void Kill() => _daemon.Kill();

    public Task<int> TerminateAsync() => _daemon.TerminateAsync();

    public void Dispose() => _daemon.Dispose();

    public static async Task<JoinResponse> JoinAsync(Uri server, string meetingId, string name)
    {
        using var http = new HttpClient { BaseAddress = server };
        var response = await Retrying.SendAsync(() => http.PostAsJsonAsync($"meetings/{meetingId}/join", new { displayName = name }));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JoinResponse>())!;
    }
}
