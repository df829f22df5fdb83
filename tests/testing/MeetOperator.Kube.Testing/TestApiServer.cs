using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.Client;

namespace MeetOperator.Kube.Testing;

/// <summary>An embedded API server in memory with the given CRDs, and a client for it.</summary>
public sealed class TestApiServer : IAsyncDisposable
{
    private TestApiServer(EmbeddedApiServer server)
    {
        Server = server;
        Client = new KubeClient(new KubeConfig { Server = server.Address, Token = server.Token });
    }

    public EmbeddedApiServer Server { get; }

    /// <summary>A client with the server's token, over plain HTTP.</summary>
    public KubeClient Client { get; }

    public static Task<TestApiServer> StartAsync(params string[] crdYaml) => StartAsync(new ApiServerOptions { Manifests = crdYaml });

    public static async Task<TestApiServer> StartAsync(ApiServerOptions options) => new(await EmbeddedApiServer.StartAsync(options));

    /// <summary>A client of HTTP alone, with the token set; the caller disposes it.</summary>
    public HttpClient CreateHttpClient()
    {
        var http = new HttpClient { BaseAddress = Server.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Server.Token);
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
