using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Runs the informers while the server runs.</summary>
internal sealed class InformerService(Informer<Meeting> meetings, Informer<SfuNode> nodes, Informer<Tenant> tenants, Informer<ConfigMap> apiKeys, Informer<Secret> relays) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(meetings.RunAsync(stoppingToken), nodes.RunAsync(stoppingToken), tenants.RunAsync(stoppingToken), apiKeys.RunAsync(stoppingToken), relays.RunAsync(stoppingToken));
}
