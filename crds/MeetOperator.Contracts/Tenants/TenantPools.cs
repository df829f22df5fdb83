using MeetOperator.Contracts.Selectors;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>The pools that a tenant's meetings may use, and the limits of pools in its own namespace.</summary>
public sealed record TenantPools
{
    /// <summary>Selects usable SfuPools by label, in the tenant's namespace and in the installation's pool namespaces. Default: every pool in the tenant's namespace; mutable.</summary>
    public LabelSelector? SfuSelector { get; init; }

    /// <summary>The only exposure types for SfuPools and TurnPools in the tenant's namespace, out of those that the installation allows. Default: all of these; an empty list allows no pool; mutable.</summary>
    [MaxItems(8)]
    public IReadOnlyList<ExposureType>? AllowedExposures { get; init; }

    /// <summary>The only priority classes for SfuPools in the tenant's namespace, out of those that the installation allows. Default: all of these; an empty list allows none; mutable.</summary>
    [MaxItems(32)]
    [MaxLength(253)]
    [MinLength(1)]
    public IReadOnlyList<string>? AllowedPriorityClasses { get; init; }

    /// <summary>The only image repositories (registry and path, or a prefix of them) for SfuPools in the tenant's namespace, out of those that the installation allows. Default: all of these; an empty list allows only the installation's own image; mutable.</summary>
    [MaxItems(32)]
    [MaxLength(255)]
    [MinLength(1)]
    [Pattern("^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$")]
    public IReadOnlyList<string>? AllowedImageRepositories { get; init; }
}
