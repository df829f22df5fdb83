using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Defines which changes reconcile a tenant.</summary>
internal static class TenantWatches
{
    public static ControllerBuilder<Tenant> Controller(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<Tenant>(cluster.Tenants)
            .WithOptions(new ControllerOptions { Name = "tenant", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<TenantController>())
            .WithPredicate(Predicates.HasIntentChanged)
            .Watches(cluster.Namespaces, found => cluster.TenantsOfNamespace(found.Metadata.Name!))
            .Watches(cluster.Meetings, meeting => cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)) is { Metadata.DeletionTimestamp: not null } leaving
                ? [leaving.Metadata.NamespacedName]
                : []);
}
