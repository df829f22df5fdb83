using MeetOperator.Contracts;

namespace MeetOperator.Operator.Hosting;

/// <summary>What pools of this installation may ask of the operator, which makes Pods with rights that the authors of pools need not have.</summary>
public sealed record PoolLimits
{
    /// <summary>MEET_POOL_NAMESPACES: namespaces of the installation, besides the operator's own, whose pools may serve every tenant that selects them.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>MEET_POOL_EXPOSURES: how media ports may be opened.</summary>
    public IReadOnlyList<ExposureType> Exposures { get; init; } = Enum.GetValues<ExposureType>();

    /// <summary>MEET_POOL_PRIORITY_CLASSES: priority classes that pools in tenants' namespaces may name; pools in the installation's namespaces may name any.</summary>
    public IReadOnlyList<string> PriorityClasses { get; init; } = [];

    /// <summary>
    /// MEET_POOL_ANNOTATIONS: annotation keys, or prefixes that end in <c>/</c>, that pools in tenants' namespaces may set; pools in the installation's namespaces may set any.
    /// </summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];

    /// <summary>MEET_POOL_IMAGES: repositories of images, or what they begin with, besides the repository of the operator's own media node image.</summary>
    public IReadOnlyList<string> ImageRepositories { get; init; } = [];
}
