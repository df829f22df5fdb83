using System.Text;
using System.Text.Json;
using MeetOperator.Kube.ApiServer.Http;
using MeetOperator.Kube.ApiServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ApiServer;

/// <summary>A Kubernetes API server on a loopback port in this process. kubectl and other Kubernetes clients can use it.</summary>
public sealed class EmbeddedApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ServerCore _core;
    private readonly ServerIdentity _identity;

    private EmbeddedApiServer(WebApplication application, ServerCore core, ServerIdentity identity)
    {
        _application = application;
        _core = core;
        _identity = identity;
        Address = LoopbackHost.AddressOf(application);
    }

    /// <summary>The plain HTTP address; the same port also accepts HTTPS.</summary>
    public Uri Address { get; }

    /// <summary>The HTTPS address; the certificate is in <see cref="Kubeconfig"/>.</summary>
    public Uri SecureAddress => new UriBuilder(Address) { Scheme = "https" }.Uri;

    public string Token => _identity.Token;

    /// <summary>YAML for kubectl. It uses HTTPS because kubectl sends tokens over HTTPS only.</summary>
    public string Kubeconfig =>
        $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: embedded
          cluster:
            server: {SecureAddress.GetLeftPart(UriPartial.Authority)}
            certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(_identity.Certificate.ExportCertificatePem()))}
        users:
        - name: admin
          user:
            token: {Token}
        contexts:
        - name: embedded
          context:
            cluster: embedded
            user: admin
            namespace: default
        current-context: embedded

        """;

    /// <summary>Kubeconfig for local clients of this project: plain HTTP with the token, as JSON so that they need no YAML parser.</summary>
    public string PlainKubeconfig => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["clusters"] = new[] { new { name = "embedded", cluster = new { server = Address.GetLeftPart(UriPartial.Authority) } } },
        ["users"] = new[] { new { name = "admin", user = new { token = Token } } },
        ["contexts"] = new[] { new { name = "embedded", context = new { cluster = "embedded", user = "admin", @namespace = "default" } } },
        ["current-context"] = "embedded",
    });

    /// <summary>Starts the server. It accepts requests when the task completes.</summary>
    public static async Task<EmbeddedApiServer> StartAsync(ApiServerOptions options, CancellationToken ct = default)
    {
        var core = new ServerCore(options);
        try
        {
            var identity = ServerIdentity.Load(options.DataDirectory, options.Token, options.TimeProvider.GetUtcNow());
            await core.PrepareAsync();
            var application = LoopbackHost.Build(options.Port, identity.Certificate);
            var router = new RequestRouter(core, identity.Token, (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<EmbeddedApiServer>());
            application.Run(router.HandleAsync);
            try
            {
                await application.StartAsync(ct);
            }
            catch
            {
                await application.DisposeAsync();
                throw;
            }

            return new EmbeddedApiServer(application, core, identity);
        }
        catch
        {
            await core.DisposeAsync();
            throw;
        }
    }

    /// <summary>Installs or updates the CRDs in a YAML manifest. Throws <see cref="ArgumentException"/> with the error if one is invalid.</summary>
    public Task RegisterCrdAsync(string yaml) => _core.InstallAsync(yaml);

    /// <summary>Discards the watch history, so that watches from earlier versions get 410.</summary>
    public void CompactWatchHistory() => _core.Store.Compact();

    public async ValueTask DisposeAsync()
    {
        _core.Watches.Stop();
        using (var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
        {
            await _application.StopAsync(timeout.Token);
        }

        await _application.DisposeAsync();
        await _core.DisposeAsync();
        _identity.Dispose();
    }
}
