using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Resources;

/// <summary>The namespace that a tenant owns: by its label, not as its owner in the eyes of the garbage collector, which would remove it with the people in it.</summary>
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
