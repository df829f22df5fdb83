using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Resources;

/// <summary>The namespace that a tenant owns.</summary>
internal static class TenantNamespace
{
    public static Namespace Build(Tenant tenant) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = tenant.Spec.Namespace,
            Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = tenant.Metadata.Name! },
            OwnerReferences = [Owner.Of(tenant)],
        },
    };
}
