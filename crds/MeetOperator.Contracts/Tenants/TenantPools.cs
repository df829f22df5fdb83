using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>Pools that a tenant's meetings may use.</summary>
public sealed record TenantPools
{
    /// <summary>Labels of usable SfuPools, in the tenant's namespace and in namespaces that no tenant owns. Default: every pool of the tenant's namespace; mutable.</summary>
    public LabelSelector? SfuSelector { get; init; }
}
