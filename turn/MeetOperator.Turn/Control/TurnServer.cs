using System.Globalization;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Probing;
using MeetOperator.Turn.Settings;
using MeetOperator.TurnControl;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Turn.Control;

/// <summary>Composes the agent: coturn, its database and probe, and the HTTPS server for operator, kubelet and Prometheus.</summary>
internal static class TurnServer
{
    private const int MaxBodyBytes = 1024 * 1024;

    /// <summary>The kubelet and clients whose TLS handshake is in progress need only a few connections at a time.</summary>
    internal const int MaxUnauthenticatedConnections = 128;
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);
    private static readonly MinDataRate MinBodyRate = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    public static WebApplication Build(TurnOptions options, TimeProvider time)
    {
        var database = new CoturnDatabase(options.DatabasePath, options.Realm);
        database.Create(); // before coturn starts
        if (options.TlsPort > 0)
        {
            TlsCertificate.Placeholder(time.GetUtcNow()).Write(options.TlsPath); // coturn listens for TLS only if it has a certificate at its start
        }

        var credentials = new OperatorCredentials(options.Credentials, time);
        var unauthenticated = new UnauthenticatedConnectionLimit(MaxUnauthenticatedConnections);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        LogLineFormatter.AddTo(builder.Logging);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None); // the response of the probe has the reason
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MinRequestBodyDataRate = MinBodyRate;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(options.ControlAddress, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => unauthenticated.ServeAsync(connection, next));
                listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = HandshakeTimeout, OnConnection = _ => ValueTask.FromResult(ControlTls.Server(credentials.Current)) });
                listen.Use(next => connection =>
                {
                    if (credentials.RoleOf(connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate) is not null)
                    {
                        unauthenticated.StopCounting(connection);
                    }

                    return next(connection);
                });
            });
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        });
        builder.Services.AddSingleton(options).AddSingleton(time).AddSingleton(database).AddSingleton(credentials);
        builder.Services.AddSingleton<RunningCoturn>().AddSingleton<RelaySockets>().AddSingleton<AllocationCount>().AddSingleton<RelayReports>();
        builder.Services.AddSingleton<TenantCounts>().AddSingleton<CoturnLog>().AddSingleton<AppliedState>().AddSingleton<TermGate>().AddHostedService<CoturnProcess>();
        builder.Services.AddSingleton<AllocationProbe>().AddHostedService(p => p.GetRequiredService<AllocationProbe>());
        builder.Services.AddHealthChecks().AddCheck<RelayHealth>("relay", tags: [ProbeAnswer.Ready]);
        var app = builder.Build();
        app.Use((context, next) => AuthorizeAsync(context, credentials, next));
        Map(app, credentials);
        return app;
    }

    private static void Map(WebApplication app, OperatorCredentials credentials)
    {
        app.MapGet("/healthz", () => Results.Text("ok")); // the process ends with coturn
        app.MapGet("/readyz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Ready, ct));
        var byOperator = app.MapGroup("/v1/turn").WithMetadata(new OperatorOnly());
        byOperator.MapPut("", (TurnState next, HttpRequest request, AppliedState state, TermGate term, RelayReports reports) =>
            !term.TryEnter(request) ? AnotherLeads()
            : state.Apply(next) is { } wrong ? Results.Problem(wrong, statusCode: StatusCodes.Status400BadRequest)
            : Results.Ok(reports.Read()));
        byOperator.MapPut("/credentials", (NodeCredentials offered, HttpRequest request, TermGate term) =>
            !term.TryEnter(request) ? AnotherLeads()
            : credentials.Replace(offered, request.HttpContext.Connection.ClientCertificate) is { } wrong ? Results.Problem(wrong, statusCode: StatusCodes.Status400BadRequest)
            : Results.NoContent());
        app.MapGet("/metrics", (HttpRequest request, CoturnLog log, AllocationCount allocations) =>
            credentials.RoleOf(request.HttpContext.Connection.ClientCertificate) is ControlRole.Operator or ControlRole.Metrics
                ? Results.Text(Metrics(allocations.Read(), log.RelayedBytes), "text/plain; version=0.0.4")
                : Results.Problem("The request requires a client certificate of the installation.", statusCode: StatusCodes.Status401Unauthorized));
    }

    /// <summary>Answers those who are not the operator before the body of their request is read.</summary>
    private static Task AuthorizeAsync(HttpContext context, OperatorCredentials credentials, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<OperatorOnly>() is null || credentials.RoleOf(context.Connection.ClientCertificate) == ControlRole.Operator
            ? next(context)
            : Results.Problem("The request requires the client certificate of the operator.", statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(context);

    private static IResult AnotherLeads() => Results.Problem("Another operator leads.", statusCode: StatusCodes.Status409Conflict);

    private static string Metrics(int allocations, long relayedBytes) => string.Create(CultureInfo.InvariantCulture, $"""
        # HELP meet_turn_allocations Allocations that exist.
        # TYPE meet_turn_allocations gauge
        meet_turn_allocations {allocations}
        # HELP meet_turn_relayed_bytes_total Bytes that were relayed, in both directions.
        # TYPE meet_turn_relayed_bytes_total counter
        meet_turn_relayed_bytes_total {relayedBytes}

        """);

    private sealed record OperatorOnly;
}
