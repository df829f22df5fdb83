using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>Pools that a tenant's meetings may use, and what pools of its own namespace may ask for.</summary>
public sealed record TenantPools
{
    /// <summary>Labels of usable SfuPools, in the tenant's namespace and in the installation's namespaces for pools. Default: every pool of the tenant's namespace; mutable.</summary>
    public LabelSelector? SfuSelector { get; init; }

    /// <summary>The only exposures that SfuPools of the tenant's namespace may have, out of those that the installation allows. Default: all of these; an empty list allows no pool; mutable.</summary>
    [MaxItems(8)]
    public IReadOnlyList<ExposureType>? AllowedExposures { get; init; }

    /// <summary>The only priority classes that SfuPools of the tenant's namespace may name, out of those that the installation allows. Default: all of these; an empty list allows none; mutable.</summary>
    [MaxItems(32)]
    [MaxLength(253)]
    [MinLength(1)]
    public IReadOnlyList<string>? AllowedPriorityClasses { get; init; }

    /// <summary>The only image repositories (with registry, or what they begin with) that SfuPools of the tenant's namespace may name, out of those that the installation allows. Default: all of these; an empty list allows the installation's own image only; mutable.</summary>
    [MaxItems(32)]
    [MaxLength(255)]
    [MinLength(1)]
    [Pattern("^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$")]
    public IReadOnlyList<string>? AllowedImageRepositories { get; init; }
}
