using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>A rollout that has ended.</summary>
public sealed record SfuRolloutRecord
{
    /// <summary>Hash of the Pod template that was rolled out. Written by the operator.</summary>
    [MaxLength(64)]
    public string Revision { get; init; } = string.Empty;

    /// <summary>Image of the media nodes in this revision. Written by the operator.</summary>
    [MaxLength(512)]
    public string? Image { get; init; }

    /// <summary>Time when the rollout started, in UTC. Written by the operator.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Time when the rollout ended, in UTC. Written by the operator.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Completed, RolledBack, or Superseded by another change of the template. Written by the operator.</summary>
    [UnknownAsNull]
    public RolloutResult? Result { get; init; }

    /// <summary>Human-readable reason for the result. Written by the operator.</summary>
    [MaxLength(1024)]
    public string? Reason { get; init; }
}
