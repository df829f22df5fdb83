using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Terms;
using MeetOperator.Operator.Webhook;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Operator.Hosting;

/// <summary>Builds the operator's process: the service, and its health and metrics endpoints.</summary>
public static class OperatorHost
{
    /// <param name="kube">Connection to the API server.</param>
    /// <param name="options">Validated settings.</param>
    /// <param name="logging">Configures logging; null logs to the console.</param>
    /// <param name="time">The clock; null uses the system clock.</param>
    public static WebApplication Build(KubeConfig kube, OperatorOptions options, Action<ILoggingBuilder>? logging = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // The probe response already contains the failure, so logging it every few seconds adds nothing.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        (logging ?? (static console => LogLineFormatter.AddTo(console)))(builder.Logging);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.ListenOn(IPEndPoint.Parse(options.Address), static _ => { });
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
        var health = new LoopHealth(time);
        builder.Services.AddSingleton(_ => health);
        builder.Services.AddHealthChecks()
            .AddCheck("loops", () => ProbeAnswer.Of(health.Problem), [ProbeAnswer.Live])
            .AddCheck<OperatorReadiness>("readiness", tags: [ProbeAnswer.Ready]);
        builder.Services.AddSingleton(services => new KubeClient(kube, new KubeClientOptions
        {
            UserAgent = "meet-operator",
            FieldManager = FieldManagers.Operator,
            BeforeWrite = services.GetRequiredService<LeadershipGuard>().Check,
        }));
        builder.Services.AddSingleton(services => MeetKinds.Observe(
            services.GetRequiredService<KubeClient>(), options, services.GetRequiredService<ILoggerFactory>(), services.GetRequiredService<TimeProvider>(), health));
        builder.Services.AddSingleton<OperatorService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<OperatorService>());
        if (options.Webhook is { } served)
        {
            WebhookEndpoint.AddServices(builder.Services, served);
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));
        builder.Services.AddSingleton<DistributedContextPropagator>(new IgnoredTraceHeaders());
        var app = builder.Build();
        RequestSpans.Use(app);
        if (options.Webhook is not null)
        {
            WebhookEndpoint.Map(app);
        }

        app.MapGet("/healthz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Live, ct));
        app.MapGet("/readyz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Ready, ct));
        var metrics = new PrometheusExposition(app.Services.GetRequiredService<IMeterFactory>(), "MeetOperator.*");
        app.Lifetime.ApplicationStopped.Register(metrics.Dispose);
        app.MapGet("/metrics", () => Results.Text(metrics.Write(), PrometheusExposition.ContentType));
        return app;
    }
}
