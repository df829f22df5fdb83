using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>One API server under test, with the product's client, plain HTTP, and access to its internals.</summary>
internal sealed class ConformanceServer : IAsyncDisposable
{
    private readonly EmbeddedApiServer? _embedded;
    private readonly string? _etcd;

    private ConformanceServer(string name, KubeConfig config, EmbeddedApiServer? embedded, string? etcd)
    {
        Name = name;
        _embedded = embedded;
        _etcd = etcd;
        Client = new KubeClient(config);
        Http = CreateHttp(config);
    }

    public string Name { get; }

    public KubeClient Client { get; }

    /// <summary>Plain HTTP with the credentials of the client.</summary>
    public HttpClient Http { get; }

    /// <summary>Whether the server has namespaces, which must exist before their objects.</summary>
    public bool HasNamespaces => Name != ServerNames.Apiextensions036;

    public static async Task<ConformanceServer> StartAsync(string name, ApiServerOptions? options = null)
    {
        if (name == ServerNames.Embedded)
        {
            var embedded = await EmbeddedApiServer.StartAsync(options ?? new ApiServerOptions());
            return new(name, new KubeConfig { Server = embedded.Address, Token = embedded.Token }, embedded, null);
        }

        var kubeconfig = ServerNames.KubeconfigOf(name) ?? throw new InvalidOperationException($"The server {name} is not available.");
        return new(name, KubeConfig.FromFile(kubeconfig), null, ServerNames.EtcdOf(name));
    }

    /// <summary>Compacts the history, so that requests from older versions fail. False when the server cannot be compacted.</summary>
    public async Task<bool> CompactAsync()
    {
        if (_embedded is not null)
        {
            _embedded.CompactWatchHistory();
            return true;
        }

        if (_etcd is null)
        {
            return false;
        }

        using var http = new HttpClient { BaseAddress = new Uri(_etcd) };
        var state = await PostAsync(http, "/v3/kv/range", """{"key":"Lw=="}""");
        await PostAsync(http, "/v3/kv/compaction", new JsonObject { ["revision"] = state["header"]!["revision"]!.GetValue<string>() }.ToJsonString());
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }
    }

    private static async Task<JsonNode> PostAsync(HttpClient http, string path, string json)
    {
        using var response = await http.PostAsync(path, new StringContent(json));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"etcd {path}: {text}");
        return JsonNode.Parse(text)!;
    }

    private static HttpClient CreateHttp(KubeConfig config)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (config.ClientCertificate is { } certificate)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        if (config.CertificateAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = handler.SslOptions.ClientCertificates,
                LocalCertificateSelectionCallback = handler.SslOptions.LocalCertificateSelectionCallback,
                CertificateChainPolicy = policy,
            };
        }

        var http = new HttpClient(handler) { BaseAddress = config.Server, Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("conformance/1.0");
        if (config.Token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", config.Token);
        }

        return http;
    }
}
