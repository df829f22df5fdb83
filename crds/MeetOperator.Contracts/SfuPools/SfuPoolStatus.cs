using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What the operator sees of a pool.</summary>
public sealed record SfuPoolStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Number of media nodes that exist, without those that are being emptied. Written by the operator.</summary>
    public int Replicas { get; init; }

    /// <summary>Number of media nodes that take new meetings. Written by the operator.</summary>
    public int ReadyReplicas { get; init; }

    /// <summary>Number of media nodes that carry at least one meeting. Written by the operator.</summary>
    public int AllocatedReplicas { get; init; }

    /// <summary>Number of media nodes that are being emptied. Written by the operator.</summary>
    public int DrainingReplicas { get; init; }

    /// <summary>Number of media nodes that were made from the present template. Written by the operator.</summary>
    public int UpdatedReplicas { get; init; }

    /// <summary>Label selector of the pool's Pods, for the scale subresource. Written by the operator.</summary>
    [MaxLength(512)]
    public string? Selector { get; init; }

    /// <summary>Number of meetings that the pool's nodes carry; at most 5 s old. Written by the operator.</summary>
    public int Meetings { get; init; }

    /// <summary>Number of people on the pool's nodes; at most 5 s old. Written by the operator.</summary>
    public int Participants { get; init; }

    /// <summary>Number of people who still fit on nodes that take new meetings. Written by the operator.</summary>
    public int FreeParticipants { get; init; }

    /// <summary>Stress of the busiest node in percent; at most 5 s old. Written by the operator.</summary>
    public int StressPct { get; init; }

    /// <summary>What a person should know about the pool now, and what to do when something must be done.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Observed aspects; Ready is true when all wanted nodes take meetings, Updated when all are made from the present template.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
