using MeetOperator.MediaNode.Hosting;
using MeetOperator.NodeControl;
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
    /// <summary>Of a kubelet's and of callers in the middle of their handshake there are a few at a time.</summary>
    internal const int MostStrangers = 128;

    public static WebApplication Build(MediaNodeHost node)
    {
        var credentials = node.Credentials ?? throw new InvalidOperationException("The control API is not served without credentials.");
        var strangers = new StrangerLimit(MostStrangers);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // Whoever probes is told what is wrong, every few seconds.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ControlJson.MaxBodyBytes + 1024;
            kestrel.Listen(node.Options.ControlAddress, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => strangers.ServeAsync(connection, next));
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(ControlTls.Server(credentials.Current)) });
                listen.Use(next => connection =>
                {
                    if (credentials.IsTrusted(connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate))
                    {
                        strangers.Recognize(connection);
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
        app.UseExceptionHandler();
        ControlEndpoints.Map(app, node, credentials);

        // Rooms end before the server stops, so that the event streams can still say why.
        app.Lifetime.ApplicationStopping.Register(() => node.EndRoomsAsync("node-shutdown", CancellationToken.None).Wait(TimeSpan.FromSeconds(3)));
        return app;
    }
}
