using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Core;

/// <summary>Base of both versions of the PodDisruptionBudget: how many of the selected Pods evictions must leave running.</summary>
public abstract class DisruptionBudget : KubernetesObject
{
    public DisruptionBudgetSpec Spec { get; set; } = new();
}

/// <summary>policy/v1 PodDisruptionBudget, since Kubernetes 1.21.</summary>
[KubernetesEntity(Group = "policy", Version = "v1", Kind = "PodDisruptionBudget", Plural = "poddisruptionbudgets")]
public sealed class PodDisruptionBudget : DisruptionBudget;

/// <summary>policy/v1beta1 PodDisruptionBudget, until Kubernetes 1.24.</summary>
[KubernetesEntity(Group = "policy", Version = "v1beta1", Kind = "PodDisruptionBudget", Plural = "poddisruptionbudgets")]
public sealed class BetaPodDisruptionBudget : DisruptionBudget;

public sealed class DisruptionBudgetSpec
{
    /// <summary>A number of Pods. Pods without a controller that can be scaled allow no percentage, and no maxUnavailable.</summary>
    public int? MinAvailable { get; set; }
    public LabelSelector? Selector { get; set; }
}
