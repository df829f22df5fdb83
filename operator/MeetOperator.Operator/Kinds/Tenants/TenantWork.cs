using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.Tenants.ApiKeys;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Runs the controllers of tenants and of their API keys.</summary>
internal sealed class TenantWork : IKindWork
{
    public TenantWork(LeaderContext leader)
    {
        var apiKeys = new ApiKeyStates();
        var tenants = TenantWatches.Controller(leader.Cluster, leader.Health, leader.Logs).Build(
            new TenantController(leader.Cluster, leader.Fleet, leader.Quotas, leader.RelayUse, apiKeys, leader.Events, leader.Options, leader.Time));
        var projection = ApiKeyWatches.Controller(leader.Cluster, leader.Health, leader.Logs).Build(new ApiKeyController(leader.Cluster, apiKeys, tenants.Enqueue, leader.Options));
        Loops = [tenants.RunAsync, projection.RunAsync];
    }

    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }
}
