using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Admission of tenants: a warning when the tenant cannot own its namespace at present.</summary>
internal sealed class TenantAdmission(ClusterView cluster, OperatorOptions options) : KindAdmission
{
    public override string? FindWarning(AdmissionRequest request)
    {
        var tenant = Read<Tenant>(request);
        var claim = NamespaceOwnership.Evaluate(tenant, cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace)), [options.Namespace, .. options.Pools.Namespaces]);
        return claim.IsOwned ? null : $"spec.namespace: {claim.Message}";
    }
}
