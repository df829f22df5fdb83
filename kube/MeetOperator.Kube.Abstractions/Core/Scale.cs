using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Core;

/// <summary>autoscaling/v1 Scale: the scale subresource of a workload.</summary>
[KubernetesEntity(Group = "autoscaling", Version = "v1", Kind = "Scale", Plural = "scales")]
public sealed class Scale : KubernetesObject
{
    public ScaleSpec Spec { get; set; } = new();
    public ScaleStatus? Status { get; set; }
}

public sealed class ScaleSpec
{
    public int Replicas { get; set; }
}

public sealed class ScaleStatus
{
    public int Replicas { get; set; }
    public string? Selector { get; set; }
}
