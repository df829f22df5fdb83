using System.Globalization;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Probing;
using MeetOperator.Turn.Settings;
using MeetOperator.TurnControl;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Turn.Control;

/// <summary>Composes the agent: coturn, its database and probe, and the HTTPS server for operator, kubelet and Prometheus.</summary>
internal static class TurnServer
{
    private const int MaxBodyBytes = 1024 * 1024;
    private const int MaxConnections = 128;

    public static WebApplication Build(TurnOptions options, TimeProvider time)
    {
        var database = new CoturnDatabase(options.DatabasePath, options.Realm);
        database.Create(); // before coturn starts
        var credentials = new OperatorCredentials(options.Credentials, time);
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
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(options.ControlAddress, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(ControlTls.Server(credentials.Current)) });
            });
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        });
        builder.Services.AddSingleton(options).AddSingleton(time).AddSingleton(database).AddSingleton(credentials);
        builder.Services.AddSingleton<CoturnLog>().AddSingleton<AppliedState>().AddSingleton<TermGate>().AddHostedService<CoturnProcess>();
        builder.Services.AddSingleton<AllocationProbe>().AddHostedService(p => p.GetRequiredService<AllocationProbe>());
        builder.Services.AddHealthChecks().AddCheck<RelayHealth>("relay", tags: [ProbeAnswer.Ready]);
        var app = builder.Build();
        Map(app, credentials);
        return app;
    }

    private static void Map(WebApplication app, OperatorCredentials credentials)
    {
        app.MapGet("/healthz", () => Results.Text("ok")); // the process ends with coturn
        app.MapGet("/readyz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Ready, ct));
        app.MapPut("/v1/turn", (TurnState next, HttpRequest request, AppliedState state, TermGate term, CoturnLog log, AllocationProbe probe) =>
        {
            if (Refuse(request, credentials, term) is { } refused)
            {
                return refused;
            }

            if (AppliedState.FindProblem(next) is { } wrong)
            {
                return Results.Problem(wrong, statusCode: StatusCodes.Status400BadRequest);
            }

            state.Apply(next);
            return Results.Ok(new TurnReport
            {
                IsReady = probe.Problem is null,
                Problem = probe.Problem,
                Allocations = log.Allocations,
                RelayedBytes = log.RelayedBytes,
                Credentials = CredentialReport.Of(credentials.Current),
            });
        });
        app.MapPut("/v1/turn/credentials", (NodeCredentials offered, HttpRequest request, TermGate term) =>
            Refuse(request, credentials, term)
            ?? (credentials.Replace(offered, request.HttpContext.Connection.ClientCertificate) is { } wrong ? Results.Problem(wrong, statusCode: StatusCodes.Status400BadRequest) : Results.NoContent()));
        app.MapGet("/metrics", (HttpRequest request, CoturnLog log) =>
            credentials.RoleOf(request.HttpContext.Connection.ClientCertificate) is ControlRole.Operator or ControlRole.Metrics
                ? Results.Text(Metrics(log), "text/plain; version=0.0.4")
                : Results.Problem("The request requires a client certificate of the installation.", statusCode: StatusCodes.Status401Unauthorized));
    }

    private static IResult? Refuse(HttpRequest request, OperatorCredentials credentials, TermGate term) =>
        credentials.RoleOf(request.HttpContext.Connection.ClientCertificate) != ControlRole.Operator
            ? Results.Problem("The request requires the client certificate of the operator.", statusCode: StatusCodes.Status401Unauthorized)
            : !term.TryEnter(request) ? Results.Problem("Another operator leads.", statusCode: StatusCodes.Status409Conflict) : null;

    private static string Metrics(CoturnLog log) => string.Create(CultureInfo.InvariantCulture, $"""
        # HELP meet_turn_allocations Allocations that exist.
        # TYPE meet_turn_allocations gauge
        meet_turn_allocations {log.Allocations}
        # HELP meet_turn_relayed_bytes_total Bytes that were relayed, in both directions.
        # TYPE meet_turn_relayed_bytes_total counter
        meet_turn_relayed_bytes_total {log.RelayedBytes}

        """);
}
