using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What is wanted of a pool of media nodes.</summary>
[CelRule("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)", SfuPoolValidation.RegionImmutable, FieldPath = ".region")]
public sealed record SfuPoolSpec
{
    /// <summary>Number of media nodes, 0 to 500. Default 1; mutable, also through the scale subresource.</summary>
    [Range(0, 500)]
    [Default("1")]
    public int Replicas { get; init; } = 1;

    /// <summary>Region that the nodes are in, as meetings and tenants name it. Optional; default no region; immutable.</summary>
    [MaxLength(63)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string? Region { get; init; }

    /// <summary>Tag of the media node image, in place of the operator's own. Optional; ignored when image is set; mutable, by replacing nodes.</summary>
    [MaxLength(128)]
    [MinLength(1)]
    [Pattern("^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
    public string? Version { get; init; }

    /// <summary>Image of the media nodes with its tag or digest. Optional; default the image that the operator was started with; mutable, by replacing nodes.</summary>
    [MaxLength(512)]
    [MinLength(1)]
    public string? Image { get; init; }

    /// <summary>What the Pods carry besides what the operator sets; an allow-list. Mutable, by replacing nodes.</summary>
    [Default("{}")]
    public MediaNodeTemplate Template { get; init; } = new();

    /// <summary>How clients reach the nodes' media ports. Required; mutable, by replacing nodes.</summary>
    [RequiredField]
    public SfuExposure Exposure { get; init; } = new();

    /// <summary>How much one node may carry. Mutable; acts on the next placement.</summary>
    [Default("{}")]
    public SfuCapacity Capacity { get; init; } = new();

    /// <summary>How a node is emptied before it goes. Mutable.</summary>
    [Default("{}")]
    public SfuDrain Drain { get; init; } = new();

    /// <summary>How nodes are replaced after a change of what they are made from. Mutable.</summary>
    [Default("{}")]
    public SfuRollout Rollout { get; init; } = new();
}
