using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Builds the namespace of a tenant. Ownership is a label and not an owner reference, so that the garbage collector never deletes the namespace while
/// participants use it.
/// </summary>
internal static class TenantNamespace
{
    public static Namespace Build(Tenant tenant) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = tenant.Spec.Namespace,
            Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = tenant.Metadata.Name! },
        },
    };
}
