using MeetOperator.MediaNode.Credentials;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Control;

/// <summary>Builds the HTTP server of a media node.</summary>
internal static class ControlServer
{
    /// <summary>The kubelet and clients whose TLS handshake is in progress need only a few connections at a time.</summary>
    internal const int MaxUnauthenticatedConnections = 128;

    public static WebApplication Build(MediaNodeHost node)
    {
        var credentials = node.Credentials ?? throw new InvalidOperationException("The control API requires credentials.");
        var unauthenticated = new UnauthenticatedConnectionLimit(MaxUnauthenticatedConnections);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        LogLineFormatter.AddTo(builder.Logging);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // The response of a failed health check already contains the reason; a log entry every few seconds adds nothing.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ControlJson.MaxBodyBytes + 1024;
            kestrel.Listen(node.Options.ControlAddress, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => unauthenticated.ServeAsync(connection, next));
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(ControlTls.Server(credentials.Current)) });
                listen.Use(next => connection =>
                {
                    if (credentials.IsTrusted(connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate))
                    {
                        unauthenticated.StopCounting(connection);
                    }

                    return next(connection);
                });
            });
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(node.Clock);
        builder.Services.AddSingleton<IHostLifetime, GracefulLifetime>();
        builder.Services.AddProblemDetails().AddExceptionHandler<ProblemHandler>();
        builder.Services.AddHealthChecks()
            .AddCheck("state", () => ProbeAnswer.Of(node.State == NodeState.Ready ? null : node.State.ToString()), [ProbeAnswer.Ready]);
        var app = builder.Build();
        RequestSpans.Use(app);
        app.UseExceptionHandler();
        app.UseWebSockets();
        ControlEndpoints.Map(app, node, credentials);

        // Rooms end before the server stops, so that the event streams can still send the reason.
        app.Lifetime.ApplicationStopping.Register(() => node.EndRoomsAsync("node-shutdown", CancellationToken.None).Wait(TimeSpan.FromSeconds(3)));
        return app;
    }
}
