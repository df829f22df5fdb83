using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What the operator sees of one media node.</summary>
public sealed record SfuNodeStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>What the node is doing; Ready and Allocated (it carries meetings) take new meetings.</summary>
    public SfuNodeState? State { get; init; }

    /// <summary>IP addresses that clients send media to. Written by the operator.</summary>
    [MaxItems(8)]
    [MaxLength(45)]
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>URL of the node's control interface, reachable from within the cluster. Written by the operator.</summary>
    [MaxLength(256)]
    public string? ControlUrl { get; init; }

    /// <summary>Name of the cluster node that runs the Pod. Written by the operator.</summary>
    [MaxLength(253)]
    public string? NodeName { get; init; }

    /// <summary>Id of the media node's process; changes at every start. Written by the operator.</summary>
    [MaxLength(128)]
    public string? InstanceId { get; init; }

    /// <summary>Version that the media node reports of itself. Written by the operator.</summary>
    [MaxLength(128)]
    public string? Version { get; init; }

    /// <summary>Number of meetings on the node; at most 5 s old. Written by the operator.</summary>
    public int Meetings { get; init; }

    /// <summary>Number of people on the node; at most 5 s old. Written by the operator.</summary>
    public int Participants { get; init; }

    /// <summary>Share of the busiest loop's time that was spent working, in percent; at most 5 s old.</summary>
    public int StressPct { get; init; }

    /// <summary>Media sent in the last second, in megabits per second; at most 5 s old.</summary>
    public int EgressMbps { get; init; }

    /// <summary>When the node last answered, in UTC, as of the last write of this status.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Since when, in UTC, the node is being drained; deadlines count from it. Written by the operator once a drain.</summary>
    public DateTimeOffset? DrainRequestedAt { get; init; }

    /// <summary>What a person should know about the node now, and what to do when something must be done.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Observed aspects; Ready is true when the node takes new meetings.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
