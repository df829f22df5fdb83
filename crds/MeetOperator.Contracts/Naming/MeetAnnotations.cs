namespace MeetOperator.Contracts.Naming;

/// <summary>Annotations on objects that the product owns.</summary>
public static class MeetAnnotations
{
    /// <summary>On a media node's Pod: hash of the Pod as rendered by the operator. A Pod whose hash differs from a new rendering is outdated.</summary>
    public const string PodHash = "meetoperator.io/pod-hash";

    /// <summary>Hash of the pool fields that a node was created from, as version 0.1 computes it. It is compared for nodes created by that version, and written to allow a rollback to it.</summary>
    public const string TemplateHash = "meetoperator.io/template-hash";

    /// <summary>On an SfuNode: hash of the Pod template that it was created for, while a rollout tries a new one.</summary>
    public const string Revision = "meetoperator.io/revision";

    /// <summary>On an SfuNode that drains because its pool was scaled down. The drain is canceled if the pool is scaled up again.</summary>
    public const string ScaledDown = "meetoperator.io/scaled-down";

    /// <summary>On an SfuNode: name of the one in whose place it was created, because the operator did not reach it. When both serve, one of them is removed when it is empty.</summary>
    public const string StandsInFor = "meetoperator.io/stands-in-for";

    /// <summary>On the Pod of a relay that drains: since when, in UTC (ISO 8601).</summary>
    public const string DrainSince = "meetoperator.io/drain-since";

    /// <summary>On a media node's Pod, read by the cluster autoscaler: <c>false</c> while the Pod is in use, otherwise <c>true</c>.</summary>
    public const string SafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";
}
