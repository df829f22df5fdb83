using System.Net;
using MeetOperator.Contracts;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Hosting;

/// <summary>Builds the operator's process: the service, and its health and metrics endpoints.</summary>
public static class OperatorHost
{
    /// <param name="kube">The API server.</param>
    /// <param name="options">Settings, already judged.</param>
    /// <param name="logging">Where to log; null logs to the console.</param>
    /// <param name="time">The clock; null is the machine's.</param>
    public static WebApplication Build(KubeConfig kube, OperatorOptions options, Action<ILoggingBuilder>? logging = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        (logging ?? (console => console.AddSimpleConsole(format => format.SingleLine = true)))(builder.Logging);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Listen(IPEndPoint.Parse(options.Address));
            if (options.Webhook is { } webhook)
            {
                WebhookEndpoint.Listen(server, webhook);
            }
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(kube);
        builder.Services.AddSingleton<LeadershipGuard>();
        builder.Services.AddSingleton<OperatorMetrics>();
        builder.Services.AddSingleton(services => new LoopHealth(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton(services => new KubeClient(kube, new KubeClientOptions
        {
            UserAgent = "meet-operator",
            FieldManager = FieldManagers.Operator,
            BeforeWrite = services.GetRequiredService<LeadershipGuard>().Check,
        }));
        builder.Services.AddSingleton<ClusterView>();
        builder.Services.AddSingleton<OperatorService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<OperatorService>());
        if (options.Webhook is { } served)
        {
            WebhookEndpoint.AddServices(builder.Services, served);
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));
        var app = builder.Build();
        var service = app.Services.GetRequiredService<OperatorService>();
        if (options.Webhook is not null)
        {
            WebhookEndpoint.Map(app);
        }

        var health = app.Services.GetRequiredService<LoopHealth>();
        app.MapGet("/healthz", () => health.Problem is { } problem ? Results.Text(problem, statusCode: 503) : Results.Text("ok"));
        var certificates = app.Services.GetService<WebhookCertificates>();
        app.MapGet("/readyz", () => NotReady(service, certificates) is { } reason ? Results.Text(reason, statusCode: 503) : Results.Text("ok"));
        var metrics = new PrometheusExposition("MeetOperator.*");
        app.Lifetime.ApplicationStopped.Register(metrics.Dispose);
        app.MapGet("/metrics", () => Results.Text(metrics.Write(), PrometheusExposition.ContentType));
        return app;
    }

    /// <summary>Why the replica cannot take work yet; null when it can.</summary>
    private static string? NotReady(OperatorService service, WebhookCertificates? certificates) =>
        service.IsReady ? certificates?.Problem : "the informers have not synced yet";
}
