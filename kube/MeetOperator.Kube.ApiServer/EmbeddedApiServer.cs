using System.Text;
using System.Text.Json;
using MeetOperator.Kube.ApiServer.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ApiServer;

/// <summary>A Kubernetes API on a loopback port, in this process. kubectl and every Kubernetes client can talk to it.</summary>
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

    /// <summary>Plain HTTP; the same port speaks HTTPS too.</summary>
    public Uri Address { get; }

    /// <summary>HTTPS with the certificate that <see cref="Kubeconfig"/> carries.</summary>
    public Uri SecureAddress => new UriBuilder(Address) { Scheme = "https" }.Uri;

    public string Token => _identity.Token;

    /// <summary>YAML for kubectl: HTTPS, because kubectl sends a token over nothing else.</summary>
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

    /// <summary>For our own clients on this machine: plain HTTP with the token. In JSON, for which they need no YAML parser.</summary>
    public string PlainKubeconfig => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["clusters"] = new[] { new { name = "embedded", cluster = new { server = Address.GetLeftPart(UriPartial.Authority) } } },
        ["users"] = new[] { new { name = "admin", user = new { token = Token } } },
        ["contexts"] = new[] { new { name = "embedded", context = new { cluster = "embedded", user = "admin", @namespace = "default" } } },
        ["current-context"] = "embedded",
    });

    /// <summary>Starts the server; it answers when the task ends.</summary>
    public static async Task<EmbeddedApiServer> StartAsync(ApiServerOptions options, CancellationToken ct = default)
    {
        var core = new ServerCore(options);
        try
        {
            var identity = ServerIdentity.Load(options.DataDirectory, options.Token, options.TimeProvider.GetUtcNow());
            await core.PrepareAsync();
            var application = LoopbackHost.Build(options.Port, identity.Certificate, options.MaxBodyBytes);
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

    /// <summary>Installs or updates the CRDs in a YAML text. Throws <see cref="ArgumentException"/> with the reason when one is refused.</summary>
    public Task RegisterCrdAsync(string yaml) => _core.InstallAsync(yaml);

    /// <summary>Forgets watch history, so that watches from versions before now are answered with 410.</summary>
    public void CompactWatchHistory() => _core.Store.Compact();

    public async ValueTask DisposeAsync()
    {
        _core.Watches.Stop();
        using (var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
        {
            await _application.StopAsync(soon.Token);
        }

        await _application.DisposeAsync();
        await _core.DisposeAsync();
        _identity.Dispose();
    }
}
