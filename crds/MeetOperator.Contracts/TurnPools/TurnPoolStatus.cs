using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>Observed state of a pool of relays.</summary>
public sealed record TurnPoolStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Number of relays that the pool should have: spec.replicas, or what spec.autoscaling decides. Written by the operator.</summary>
    public int DesiredReplicas { get; init; }

    /// <summary>Number of existing relays, except those that are draining. Written by the operator.</summary>
    public int Replicas { get; init; }

    /// <summary>Number of relays that take participants. Written by the operator.</summary>
    public int ReadyReplicas { get; init; }

    /// <summary>Number of relays that are draining. Written by the operator.</summary>
    public int DrainingReplicas { get; init; }

    /// <summary>Label selector of the pool's Pods, for the scale subresource. Written by the operator.</summary>
    [MaxLength(512)]
    public string? Selector { get; init; }

    /// <summary>Number of allocations on all relays; at most 15 s old. Written by the operator.</summary>
    public int Allocations { get; init; }

    /// <summary>Megabits per second on all relays, in both directions, on average over the last minute; at most 15 s old. Written by the operator.</summary>
    public int Mbps { get; init; }

    /// <summary>Number of media nodes' addresses to which the relays forward. Written by the operator.</summary>
    public int Peers { get; init; }

    /// <summary>Version of the secret with which credentials are made. Written by the operator.</summary>
    public int KeyVersion { get; init; }

    /// <summary>When the secret is replaced, in UTC. Written by the operator.</summary>
    public DateTimeOffset? NextRotation { get; init; }

    /// <summary>URLs that participants get, at most 32 of them. Written by the operator.</summary>
    [MaxItems(32)]
    [MaxLength(300)]
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Human-readable summary of the current state and of any action that is required.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Conditions; Ready is true when the desired number of relays takes participants.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
