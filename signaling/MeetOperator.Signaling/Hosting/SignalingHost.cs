using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Features.Headless;
using MeetOperator.Signaling.Features.Moderation;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.NetworkChecks;
using MeetOperator.Signaling.Pages;
using MeetOperator.Signaling.ProblemReports;
using MeetOperator.Signaling.Rows;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Surveys;
using MeetOperator.Signaling.Tunnels;
using MeetOperator.Signaling.Turn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Composes the server: services, middleware and routes.</summary>
internal static class SignalingHost
{
    /// <summary>
    /// What this process holds of a connection before it reads it; the rest waits in the kernel and in the client. Tunnels read no faster than they may (<see cref="TunnelPace"/>), so whoever floods them keeps
    /// this full. More than the headers of a request.
    /// </summary>
    internal const int MaxUnreadBytes = 64 * 1024;

    /// <summary>Builds the server, and migrates the database if it is available. The caller runs the server.</summary>
    /// <param name="options">The validated settings.</param>
    /// <param name="kube">The Kubernetes client. The caller disposes it after the server.</param>
    /// <param name="time">The clock of the server.</param>
    /// <param name="logging">Additional logging configuration, for tests.</param>
    public static async Task<WebApplication> BuildAsync(SignalingOptions options, KubeClient kube, TimeProvider time, Action<ILoggingBuilder>? logging = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Configure(builder.Logging);
        logging?.Invoke(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenOn(ParseAddress(options.HttpAddress, "MEET_HTTP_ADDRESS"), listen => FirstByteTimeout.Use(listen, options.Timings.FirstByteTimeout, time));
            kestrel.ListenOn(ParseAddress(options.MetricsAddress, "MEET_METRICS_ADDRESS"), listen =>
            {
                FirstByteTimeout.Use(listen, options.Timings.FirstByteTimeout, time);
                MetricsPort.Mark(listen);
            });
            kestrel.AddServerHeader = false;

            // RequestBody enforces smaller limits. Up to this limit, the server reads and discards the rest of a body, so that the caller gets a response instead of a
            // connection reset.
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.MaxReadBufferSize = MaxUnreadBytes);
        var database = SqlDatabases.Create(options.Database);
        IMeetingBus bus = options.Redis is { } redis ? await RedisMeetingBus.ConnectAsync(redis).ConfigureAwait(false) : new InProcessMeetingBus(time);
        builder.Services.AddSingleton<DistributedContextPropagator>(new IgnoredTraceHeaders());
        AddServices(builder.Services, options, kube, database, bus, time);

        var app = builder.Build();
        RequestSpans.Use(app);
        MetricsPort.Use(app, app.Services.GetRequiredService<PrometheusExposition>());
        Use(app, options);
        Routes.Map(app);
        if (options.WebRoot is { } root)
        {
            WebPages.Use(app, root);
        }

        await app.Services.GetRequiredService<Schema>().TryMigrateAsync(CancellationToken.None).ConfigureAwait(false);
        return app;
    }

    /// <summary>Accepts <c>address:port</c> with an IP address.</summary>
    public static IPEndPoint ParseAddress(string text, string variable) => IPEndPoint.TryParse(text, out var endpoint) && text.Contains(':', StringComparison.Ordinal)
        ? endpoint
        : throw new ArgumentException($"{variable}: '{text}' is not an IP address with a port, for example 0.0.0.0:8080.");

    private static void Configure(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        LogLineFormatter.AddTo(logging);

        // ASP.NET Core's request logs contain URLs, and the URLs of WebSockets contain codes.
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);

        // The probe response contains the failure, so logging it every few seconds is not needed.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
    }

    private static void AddServices(IServiceCollection services, SignalingOptions options, KubeClient kube, ISqlDatabase database, IMeetingBus bus, TimeProvider time)
    {
        services.AddSingleton(options).AddSingleton(kube).AddSingleton(time).AddSingleton(options.SigningKeys);
        services.AddSingleton(_ => database).AddSingleton(_ => bus);
        services.AddSingleton<IMeetingRepository, SqlMeetingRepository>().AddSingleton<IParticipantRepository, SqlParticipantRepository>();
        services.AddSingleton<IChatRepository, SqlChatRepository>().AddSingleton<IUserRepository, SqlUserRepository>();
        services.AddSingleton<IMediaStreamRepository, SqlMediaStreamRepository>().AddSingleton<IIdempotencyRepository, SqlIdempotencyRepository>();
        services.AddSingleton<IQualityRepository, SqlQualityRepository>().AddSingleton<IDiagnosticRepository, SqlDiagnosticRepository>().AddSingleton<ISurveyRepository, SqlSurveyRepository>().AddSingleton<IRetentionRepository, SqlRetentionRepository>().AddHostedService<RowRetention>();
        var health = new LoopHealth(time);
        var watched = new InformerOptions { Health = health };
        services.AddSingleton(_ => health);
        services.AddSingleton(p => new Informer<Meeting>(kube, watched, time, logger: p.GetService<ILogger<Informer<Meeting>>>()));
        services.AddSingleton(p => new Informer<SfuNode>(kube, watched, time, logger: p.GetService<ILogger<Informer<SfuNode>>>()));
        services.AddSingleton(p => new Informer<Tenant>(kube, watched, time, logger: p.GetService<ILogger<Informer<Tenant>>>()));
        services.AddSingleton(p => new Informer<ConfigMap>(kube, ApiKeys.Where(options) with { Health = health }, time, logger: p.GetService<ILogger<Informer<ConfigMap>>>()));
        services.AddSingleton(p => new Informer<Secret>(kube, TurnPools.Where(options) with { Health = health }, time, logger: p.GetService<ILogger<Informer<Secret>>>()));
        services.AddSingleton<MeetingDirectory>().AddSingleton<MeetingWriter>().AddSingleton<MeetingStateReader>();
        services.AddSingleton<ModerationReader>().AddSingleton<SocketLimits>().AddHostedService<InformerService>().AddHostedService<EndedRows>().AddHostedService<OrphanedRows>();
        services.AddSingleton<ControlCertificate>().AddHostedService(p => p.GetRequiredService<ControlCertificate>()).AddSingleton<MediaNodes>().AddSingleton<TurnPools>().AddSingleton<MoveTurns>().AddSingleton<MediaServices>().AddHostedService<FormerRooms>();
        services.AddSingleton<Tokens>().AddSingleton<ApiKeys>().AddSingleton<MediaSessionSeal>().AddSingleton<Credentials>();
        services.AddSingleton(new OriginPolicy(options.PublicUrl)).AddSingleton(new Urls(options.PublicUrl)).AddSingleton(new SecurityHeaders(options.PublicUrl));
        services.AddSingleton<MeetingServices>().AddSingleton<MeetingSessions>().AddSingleton<SocketAdmission>().AddSingleton<WebSocketEndpoint>().AddSingleton<TunnelPlaces>().AddSingleton<TunnelEndpoint>();
        services.AddSingleton<IdempotencyKeys>().AddSingleton<MeetingEndpoints>().AddSingleton<JoinEndpoint>().AddSingleton<HostEndpoints>().AddSingleton<ChatEndpoint>().AddSingleton<WhipEndpoints>().AddSingleton<QualityEndpoint>().AddSingleton<DiagnosticsEndpoint>().AddSingleton<SurveyEndpoint>().AddSingleton<CheckNodes>().AddSingleton<NetworkCheckEndpoint>().AddSingleton<CheckTunnelEndpoint>();
        services.AddSingleton<Schema>().AddHostedService(p => p.GetRequiredService<Schema>()).AddSingleton<Readiness>().AddSingleton<MeetingNotFound>();
        services.AddSingleton<GracefulShutdown>().AddHostedService(p => p.GetRequiredService<GracefulShutdown>());
        services.AddSingleton(p => new PrometheusExposition(p.GetRequiredService<IMeterFactory>(), SignalingMetrics.MeterName, KubeMetrics.MeterName)).AddSingleton<SignalingMetrics>();
        services.AddProblemDetails().AddExceptionHandler<RequestFailures>();
        services.AddHealthChecks()
            .AddCheck("loops", () => ProbeAnswer.Of(health.Problem), [ProbeAnswer.Live])
            .AddCheck<Readiness>("readiness", tags: [ProbeAnswer.Ready]);
        services.AddSingleton(p => new OpenApiDocumentation(services, p.GetRequiredService<EndpointDataSource>()));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + GracefulShutdown.StopTimeout);
    }

    /// <summary>Uses the scheme, host and client address from X-Forwarded-* headers, for as many hops as are trusted proxies.</summary>
    private static ForwardedHeadersOptions Forwarded(SignalingOptions options)
    {
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All & ~ForwardedHeaders.XForwardedPrefix, ForwardLimit = null };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in options.TrustedProxies)
        {
            forwarded.KnownIPNetworks.Add(network);
        }

        return forwarded;
    }

    private static void Use(WebApplication app, SignalingOptions options)
    {
        var headers = app.Services.GetRequiredService<SecurityHeaders>();
        if (options.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders(Forwarded(options));
        }

        app.Use(next => context =>
        {
            headers.Apply(context.Response);
            return next(context);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages(RequestFailures.WriteStatusProblemAsync);
        PacedUpgrade.Use(app, app.Services.GetRequiredService<TimeProvider>());
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = options.Timings.PingInterval, KeepAliveTimeout = options.Timings.PongTimeout });
        app.UseRouting();
    }
}
