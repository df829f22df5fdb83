using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Testing;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Webhook;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>Replicas of the real endpoint and the leader's keeper on a manual clock. Nothing runs by itself; the test triggers each step.</summary>
internal sealed class WebhookStage : IAsyncDisposable
{
    private readonly TestApiServer _server;
    private readonly List<WebApplication> _replicas = [];

    private WebhookStage(TestApiServer server)
    {
        _server = server;
        Keeper = new AuthorityKeeper(server.Client, WebhookConfigurations.Options, WebhookConfigurations.Namespace, Time, NullLogger<AuthorityKeeper>.Instance);
    }

    public ManualTime Time { get; } = new();
    public AuthorityKeeper Keeper { get; }
    public KubeClient Client => _server.Client;
    public IReadOnlyList<Uri> Addresses => [.. _replicas.Select(replica => new Uri(replica.Urls.First()))];
    public IReadOnlyList<WebhookCertificates> Certificates => [.. _replicas.Select(replica => replica.Services.GetRequiredService<WebhookCertificates>())];

    public static async Task<WebhookStage> StartAsync(int replicas, WebhookOptions? options = null)
    {
        var stage = new WebhookStage(await TestApiServer.StartAsync(new ApiServerOptions { Manifests = Repository.CrdTexts }));
        await WebhookConfigurations.CreateAsync(stage.Client);
        await stage.Client.CreateAsync(new Kube.Core.Namespace { Metadata = new ObjectMeta { Name = WebhookConfigurations.Namespace } }, default);
        for (var replica = 0; replica < replicas; replica++)
        {
            stage._replicas.Add(await stage.ServeAsync(options ?? WebhookConfigurations.Options));
        }

        return stage;
    }

    public async Task RefreshAsync()
    {
        foreach (var certificates in Certificates)
        {
            await certificates.RefreshAsync(default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.StopAsync();
            await replica.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private async Task<WebApplication> ServeAsync(WebhookOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server => WebhookEndpoint.Listen(server, options));
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(new WebhookBundles(Client, options, WebhookConfigurations.Namespace));
        builder.Services.AddSingleton<ICertificateSource>(options.CertificateDirectory is { } folder
            ? new MountedCertificates(folder)
            : new IssuedCertificates(Client, options, WebhookConfigurations.Namespace, Time));
        builder.Services.AddSingleton(provider => new WebhookCertificates(
            provider.GetRequiredService<ICertificateSource>(), provider.GetRequiredService<WebhookBundles>(), Time, NullLogger<WebhookCertificates>.Instance));
        builder.Services.AddSingleton<WebhookMetrics>();
        var settings = new OperatorOptions { Namespace = WebhookConfigurations.Namespace, Pools = new PoolLimits { ImageRepositories = ["registry.example"] } };
        var cluster = MeetKinds.Observe(Client, settings, NullLoggerFactory.Instance, Time);
        builder.Services.AddSingleton<IAdmissionReviewer>(new ClusterAdmission(cluster, settings));
        builder.Services.AddSingleton<IEvictionReviewer>(new PodEvictions(cluster, Client, Time));
        builder.Services.AddSingleton<WebhookHandler>();
        var app = builder.Build();
        WebhookEndpoint.Map(app);
        await app.StartAsync();
        return app;
    }
}
