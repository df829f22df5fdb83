using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Kube.Testing;

/// <summary>An embedded in-memory API server with the given CRDs, and a client for it.</summary>
public sealed class TestApiServer : IAsyncDisposable
{
    private readonly ApiServerOptions _options;
    private bool _stopped;

    private TestApiServer(EmbeddedApiServer server, ApiServerOptions options)
    {
        _options = options;
        Server = server;
        Client = new KubeClient(new KubeConfig { Server = server.Address, Token = server.Token });
    }

    public EmbeddedApiServer Server { get; private set; }

    /// <summary>A client with the token of the server, over plain HTTP.</summary>
    public KubeClient Client { get; }

    public static Task<TestApiServer> StartAsync(params string[] crdYaml) => StartAsync(new ApiServerOptions { Manifests = crdYaml });

    public static async Task<TestApiServer> StartAsync(ApiServerOptions options) => new(await EmbeddedApiServer.StartAsync(options), options);

    /// <summary>Creates a plain HTTP client with the token. The caller disposes it.</summary>
    public HttpClient CreateHttpClient()
    {
        var http = new HttpClient { BaseAddress = Server.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Server.Token);
        return http;
    }

    /// <summary>Stops the server. With a data directory, its objects are kept.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await Server.DisposeAsync();
    }

    /// <summary>Restarts the server with the same port, token, and data.</summary>
    public async Task StartAgainAsync()
    {
        Server = await EmbeddedApiServer.StartAsync(_options with { Port = Server.Address.Port, Token = Server.Token });
        _stopped = false;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_stopped)
        {
            await Server.DisposeAsync();
        }
    }
}
