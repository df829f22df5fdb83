using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>Desired state of a pool of media nodes.</summary>
[CelRule("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)", SfuPoolValidation.RegionImmutable, FieldPath = ".region")]
[CelRule("!has(self.rebalance.stressThreshold) || self.rebalance.stressThreshold > self.capacity.stressThreshold", SfuPoolValidation.RebalanceTooEarly, FieldPath = ".rebalance.stressThreshold")]
public sealed record SfuPoolSpec
{
    /// <summary>Number of media nodes, 0 to 500. Default 1; mutable, also through the scale subresource.</summary>
    [Range(0, 500)]
    [Default("1")]
    public int Replicas { get; init; } = 1;

    /// <summary>Region of the nodes, as referenced by meetings and tenants. Optional; default no region; immutable.</summary>
    [MaxLength(63)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string? Region { get; init; }

    /// <summary>Tag that replaces the tag of the operator's default media node image. Optional; ignored when image is set; mutable, by replacing nodes.</summary>
    [MaxLength(128)]
    [MinLength(1)]
    [Pattern("^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
    public string? Version { get; init; }

    /// <summary>Image of the media nodes with its tag or digest. Optional; default the operator's media node image; mutable, by replacing nodes.</summary>
    [MaxLength(512)]
    [MinLength(1)]
    public string? Image { get; init; }

    /// <summary>User-defined parts of the Pods, in addition to what the operator sets. Mutable, by replacing nodes.</summary>
    [Default("{}")]
    public MediaNodeTemplate Template { get; init; } = new();

    /// <summary>How clients reach the nodes' media ports. Required; mutable, by replacing nodes.</summary>
    [RequiredField]
    public SfuExposure Exposure { get; init; } = new();

    /// <summary>In which ways participants may reach the nodes. Default without limits; mutable.</summary>
    [Default("{}")]
    public SfuConnectivity Connectivity { get; init; } = new();

    /// <summary>Capacity of one node. Mutable; takes effect at the next placement.</summary>
    [Default("{}")]
    public SfuCapacity Capacity { get; init; } = new();

    /// <summary>How a node is drained before it is deleted. Mutable.</summary>
    [Default("{}")]
    public SfuDrain Drain { get; init; } = new();

    /// <summary>How meetings leave an overloaded node. Mutable.</summary>
    [Default("{}")]
    public SfuRebalance Rebalance { get; init; } = new();

    /// <summary>How nodes are replaced after a template change. Mutable.</summary>
    [Default("{}")]
    public SfuRollout Rollout { get; init; } = new();
}
