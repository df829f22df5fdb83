using MeetOperator.MediaNode.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Control;

/// <summary>Builds the HTTP server of a media node.</summary>
internal static class ControlServer
{
    public static WebApplication Build(MediaNodeHost node)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ControlJson.MaxBodyBytes + 1024;
            kestrel.Listen(node.Options.ControlAddress);
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IHostLifetime, GracefulLifetime>();
        var app = builder.Build();
        app.UseMiddleware<ProblemMiddleware>();
        ControlEndpoints.Map(app, node);

        // Rooms end before the server stops, so that the event streams can still say why.
        app.Lifetime.ApplicationStopping.Register(() => node.EndRoomsAsync("node-shutdown", CancellationToken.None).Wait(TimeSpan.FromSeconds(3)));
        return app;
    }
}
