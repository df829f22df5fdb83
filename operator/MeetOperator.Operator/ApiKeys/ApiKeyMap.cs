using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.ApiKeys;

/// <summary>The ConfigMap in the operator's namespace from which signaling takes the hashes of a tenant's API keys; it goes with the Tenant.</summary>
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
            OwnerReferences = [Owner.Of(tenant)],
        },
        Data = new Dictionary<string, string>(hashes, StringComparer.Ordinal),
    };
}
