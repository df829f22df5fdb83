using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>The part of a media node's Pod that people may set. Ports, probes, security and grace belong to the operator.</summary>
public sealed record MediaNodeTemplate
{
    /// <summary>Further labels of the Pods; keys of meetoperator.io are refused. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    [CelRule("self.all(k, !k.startsWith('meetoperator.io/'))", SfuPoolValidation.ReservedKey)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Further annotations of the Pods; keys of meetoperator.io are refused. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(32)]
    [MaxLength(1024)]
    [CelRule("self.all(k, !k.startsWith('meetoperator.io/'))", SfuPoolValidation.ReservedKey)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>CPU and memory of each node. Default none: as the namespace says; mutable, by replacing nodes.</summary>
    [Default("{}")]
    public MediaNodeResources Resources { get; init; } = new();

    /// <summary>Labels of the cluster nodes that may run the Pods. Default none: any; mutable, by replacing nodes.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    /// <summary>Taints of cluster nodes that the Pods tolerate, at most 16. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(16)]
    [Default("[]")]
    public IReadOnlyList<MediaNodeToleration> Tolerations { get; init; } = [];

    /// <summary>Priority class of the Pods, so that media nodes are not preempted. Optional; mutable, by replacing nodes.</summary>
    [MaxLength(253)]
    [MinLength(1)]
    public string? PriorityClassName { get; init; }
}
