using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.TurnControl;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>The agent of a relay, without coturn: a real control server in this process. Tests control what it reports.</summary>
internal sealed class SimulatedRelay : IAsyncDisposable
{
    private readonly WebApplication _server;
    private volatile TurnState? _state;

    private SimulatedRelay(string name, NodeCredentials credentials, IPEndPoint endpoint)
    {
        Name = name;
        var own = TestAuthority.Read(credentials);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options => options.Listen(
            endpoint, listen => listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(ControlTls.Server(own)) })));
        _server = builder.Build();
        _server.MapGet("/readyz", () => IsReady && _state is not null ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
        _server.MapPut("/v1/turn", async context =>
        {
            var next = await JsonSerializer.DeserializeAsync<TurnState>(context.Request.Body, NodeControlJson.Options, context.RequestAborted);
            if (next!.Certificate is not null && RefusesCertificates)
            {
                await Results.Problem("the clock differs", statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
                return;
            }

            _state = next;
            if (next.Certificate is { } chain)
            {
                using var certificate = X509Certificate2.CreateFromPem(chain, next.PrivateKey);
                CertificateUntil = certificate.NotAfter.ToUniversalTime();
            }

            var report = new TurnReport
            {
                IsReady = IsReady, Allocations = Allocations, RelayedBytes = 0, IsFull = IsFull, Time = TimeProvider.System.GetUtcNow() + ClockAhead, CertificateUntil = CertificateUntil, Tenants = Tenants,
                Credentials = CredentialReport.Of(own),
            };
            await context.Response.WriteAsJsonAsync(report, NodeControlJson.Options, context.RequestAborted);
        });
        _server.MapPut("/v1/turn/credentials", () => Results.NoContent());
    }

    public string Name { get; }

    public bool IsReady { get; set; } = true;

    public int Allocations { get; set; }

    public bool IsFull { get; set; }

    /// <summary>What tenants use; null as from an older relay.</summary>
    public IReadOnlyList<TenantTraffic>? Tenants { get; set; }

    public TimeSpan ClockAhead { get; set; }

    public bool RefusesCertificates { get; set; }

    /// <summary>When the certificate ends that it has; null until it gets one.</summary>
    public DateTimeOffset? CertificateUntil { get; private set; }

    /// <summary>What the operator sent last.</summary>
    public TurnState? State => _state;

    public static async Task<SimulatedRelay> StartAsync(string name, NodeCredentials credentials, IPEndPoint endpoint)
    {
        var relay = new SimulatedRelay(name, credentials, endpoint);
        await relay._server.StartAsync();
        return relay;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }
}
