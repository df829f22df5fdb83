using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>Observed state of a pool.</summary>
public sealed record SfuPoolStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Number of existing media nodes, except those that are draining. Written by the operator.</summary>
    public int Replicas { get; init; }

    /// <summary>Number of media nodes that accept new meetings. Written by the operator.</summary>
    public int ReadyReplicas { get; init; }

    /// <summary>Number of media nodes with at least one meeting. Written by the operator.</summary>
    public int AllocatedReplicas { get; init; }

    /// <summary>Number of media nodes that are draining. Written by the operator.</summary>
    public int DrainingReplicas { get; init; }

    /// <summary>Number of media nodes with the current template. Written by the operator.</summary>
    public int UpdatedReplicas { get; init; }

    /// <summary>Label selector of the pool's Pods, for the scale subresource. Written by the operator.</summary>
    [MaxLength(512)]
    public string? Selector { get; init; }

    /// <summary>Number of meetings on the pool's nodes; at most 5 s old. Written by the operator.</summary>
    public int Meetings { get; init; }

    /// <summary>Number of participants on the pool's nodes; at most 5 s old. Written by the operator.</summary>
    public int Participants { get; init; }

    /// <summary>Number of additional participants that fit on nodes that accept new meetings. Written by the operator.</summary>
    public int FreeParticipants { get; init; }

    /// <summary>Stress of the busiest node in percent; at most 5 s old. Written by the operator.</summary>
    public int StressPct { get; init; }

    /// <summary>The current rollout and those before it. Written by the operator.</summary>
    public SfuRolloutStatus? Rollout { get; init; }

    /// <summary>Human-readable summary of the current state and of any action that is required.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Conditions; Ready is true when the desired number of nodes accepts meetings, Updated when all nodes have the current template.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
