using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>Observed state of the current rollout, and the rollouts before it.</summary>
public sealed record SfuRolloutStatus
{
    /// <summary>Hash of the pool's current Pod template. Written by the operator.</summary>
    [MaxLength(64)]
    public string Revision { get; init; } = string.Empty;

    /// <summary>Image of the media nodes in the current template. Written by the operator.</summary>
    [MaxLength(512)]
    public string? Image { get; init; }

    /// <summary>How far the rollout of the current template is. Written by the operator.</summary>
    [UnknownAsNull]
    public RolloutPhase? Phase { get; init; }

    /// <summary>Time when the rollout of the current template started, in UTC; absent when no node had another template. Written by the operator.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Number of nodes above replicas that the rollout has created, without those that are draining. Written by the operator.</summary>
    public int Surge { get; init; }

    /// <summary>What has been observed on the nodes that try the current template; absent without spec.rollout.canary. Written by the operator.</summary>
    public SfuCanaryStatus? Canary { get; init; }

    /// <summary>The template of the latest completed rollout; absent before the first. Written by the operator.</summary>
    public SfuStableTemplate? Stable { get; init; }

    /// <summary>Rollouts that have ended, the latest first; at most 10. Written by the operator.</summary>
    [MaxItems(10)]
    public IReadOnlyList<SfuRolloutRecord> History { get; init; } = [];
}
