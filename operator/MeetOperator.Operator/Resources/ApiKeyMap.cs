using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>The ConfigMap in the operator's namespace that gives signaling the hashes of a tenant's API keys. It is deleted with the Tenant.</summary>
internal static class ApiKeyMap
{
    public static readonly string Selector = $"{MeetLabels.Component}={MeetComponents.ApiKeys}";

    public static ConfigMap Build(Tenant tenant, string @namespace, IReadOnlyDictionary<string, string> hashes) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = ApiKeyHashes.NameOf(tenant),
            Namespace = @namespace,
            Labels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.ApiKeys, [MeetLabels.Tenant] = tenant.Metadata.Name! },

            // Without blockOwnerDeletion, which would require permission to update Tenants' finalizers.
            OwnerReferences = [new OwnerReference { ApiVersion = tenant.ApiVersion!, Kind = tenant.Kind!, Name = tenant.Metadata.Name!, Uid = tenant.Metadata.Uid! }],
        },
        Data = new Dictionary<string, string>(hashes, StringComparer.Ordinal),
    };
}
