using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Settings;

/// <summary>What pools in this installation may request. The operator creates Pods with permissions that the authors of pools may lack.</summary>
public sealed record PoolLimits
{
    /// <summary>MEET_POOL_NAMESPACES: namespaces, in addition to the operator's own, whose pools may serve every tenant that selects them.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>MEET_POOL_EXPOSURES: the allowed ways to expose media ports.</summary>
    public IReadOnlyList<ExposureType> Exposures { get; init; } = Enum.GetValues<ExposureType>();

    /// <summary>MEET_POOL_PRIORITY_CLASSES: priority classes that pools in tenant namespaces may use; pools in the installation's namespaces may use any.</summary>
    public IReadOnlyList<string> PriorityClasses { get; init; } = [];

    /// <summary>
    /// MEET_POOL_ANNOTATIONS: annotation keys, or prefixes that end in <c>/</c>, that pools in tenant namespaces may set; pools in the installation's namespaces may set any.
    /// </summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];

    /// <summary>
    /// MEET_POOL_IMAGES: image repositories, or prefixes of them, that are allowed in addition to the repository of the operator's own media node image.
    /// </summary>
    public IReadOnlyList<string> ImageRepositories { get; init; } = [];
}
