using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>The user-defined part of a media node's Pod. The operator controls ports, probes, security settings and the grace period.</summary>
public sealed record MediaNodeTemplate
{
    /// <summary>Additional labels of the Pods. Keys of meetoperator.io are rejected. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    [CelRule("self.all(k, !k.startsWith('meetoperator.io/'))", SfuPoolValidation.ReservedKey)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Additional annotations of the Pods. Keys of meetoperator.io are rejected. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(32)]
    [MaxLength(1024)]
    [CelRule("self.all(k, !k.startsWith('meetoperator.io/'))", SfuPoolValidation.ReservedKey)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>CPU and memory of each node. Default none, which uses the defaults of the namespace; mutable, by replacing nodes.</summary>
    [Default("{}")]
    public MediaNodeResources Resources { get; init; } = new();

    /// <summary>Labels of the cluster nodes that may run the Pods. Default none, which allows every cluster node; mutable, by replacing nodes.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    /// <summary>Taints of cluster nodes that the Pods tolerate, at most 16. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(16)]
    [Default("[]")]
    public IReadOnlyList<MediaNodeToleration> Tolerations { get; init; } = [];

    /// <summary>Priority class of the Pods, which can protect media nodes from preemption. Optional; mutable, by replacing nodes.</summary>
    [MaxLength(253)]
    [MinLength(1)]
    public string? PriorityClassName { get; init; }
}
