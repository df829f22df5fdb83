using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 Pod.</summary>
[KubernetesEntity(Version = "v1", Kind = "Pod", Plural = "pods", ShortNames = ["po"])]
public sealed class Pod : KubernetesObject
{
    public PodSpec Spec { get; set; } = new();
    public PodStatus? Status { get; set; }
}
