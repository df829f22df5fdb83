using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>Defines which changes reconcile the API keys of a tenant.</summary>
internal static class ApiKeyWatches
{
    public static ControllerBuilder<Tenant> Controller(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<Tenant>(cluster.Tenants)
            .WithOptions(new ControllerOptions { Name = "apikeys", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<ApiKeyController>())
            .WithPredicate(Predicates.HasIntentChanged)
            .Owns(cluster.ApiKeys)
            .Watches(cluster.Namespaces, found => cluster.TenantsOfNamespace(found.Metadata.Name!));
}
