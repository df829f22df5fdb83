using System.Net;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MeetOperator.Operator.Webhook;

/// <summary>Adds the webhook to the operator's process. The webhook is available only over HTTPS, and no other endpoint is.</summary>
internal static class WebhookEndpoint
{
    /// <summary>Key of the client with which followers may start drains.</summary>
    private const string Evictions = "evictions";

    public static void AddServices(IServiceCollection services, WebhookOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ICertificateSource>(provider => options.CertificateDirectory is { } directory
            ? new MountedCertificates(directory)
            : new IssuedCertificates(
                provider.GetRequiredService<KubeClient>(), options, provider.GetRequiredService<OperatorOptions>().Namespace, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new WebhookCertificates(
            provider.GetRequiredService<ICertificateSource>(),
            options.CertificateDirectory is null ? new WebhookBundles(provider.GetRequiredService<KubeClient>(), options, provider.GetRequiredService<OperatorOptions>().Namespace) : null,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WebhookCertificates>>()));
        services.AddHostedService(provider => provider.GetRequiredService<WebhookCertificates>());
        services.AddSingleton<WebhookMetrics>();
        services.AddSingleton<IAdmissionReviewer>(provider =>
            new ClusterAdmission(provider.GetRequiredService<ClusterView>(), provider.GetRequiredService<OperatorOptions>()));
        services.AddKeyedSingleton(Evictions, (provider, _) =>
            new KubeClient(provider.GetRequiredService<KubeConfig>(), new KubeClientOptions { UserAgent = "meet-operator", FieldManager = FieldManagers.Operator }));
        services.AddSingleton<IEvictionReviewer>(provider => new PodEvictions(
            provider.GetRequiredService<ClusterView>(), provider.GetRequiredKeyedService<KubeClient>(Evictions), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<WebhookHandler>();
    }

    public static void Listen(KestrelServerOptions server, WebhookOptions options) => server.ListenOn(IPEndPoint.Parse(options.Address), listen =>
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        var certificates = server.ApplicationServices.GetRequiredService<WebhookCertificates>();
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => certificates.HandshakeAsync() });
    });

    public static void Map(WebApplication app) =>
        app.MapWhen(context => context.Request.IsHttps, branch => branch.Run(app.Services.GetRequiredService<WebhookHandler>().HandleAsync));
}
