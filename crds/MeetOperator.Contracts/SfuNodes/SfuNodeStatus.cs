using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.SfuNodes;

/// <summary>Observed state of one media node.</summary>
public sealed record SfuNodeStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>State of the node. Nodes in the states Ready and Allocated (with meetings) accept new meetings.</summary>
    [UnknownAsNull]
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

    /// <summary>Zone of that cluster node, from its label topology.kubernetes.io/zone; absent if it has none.</summary>
    [MaxLength(63)]
    public string? Zone { get; init; }

    /// <summary>ID of the media node's process; changes with every start. Written by the operator.</summary>
    [MaxLength(128)]
    public string? InstanceId { get; init; }

    /// <summary>Version that the media node reports. Written by the operator.</summary>
    [MaxLength(128)]
    public string? Version { get; init; }

    /// <summary>Number of meetings on the node; at most 5 s old. Written by the operator.</summary>
    public int Meetings { get; init; }

    /// <summary>Number of participants on the node; at most 5 s old. Written by the operator.</summary>
    public int Participants { get; init; }

    /// <summary>Stress of the node in percent: the highest of busiest media loop, egress (capacity.maxEgressMbps of the pool) and lost packets; at most 5 s old.</summary>
    public int StressPct { get; init; }

    /// <summary>Media sent in the last second, in megabits per second; at most 5 s old.</summary>
    public int EgressMbps { get; init; }

    /// <summary>Time of the node's last report, in UTC, as of the last write of this status.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Start of the drain, in UTC; deadlines count from it. Written by the operator once per drain.</summary>
    public DateTimeOffset? DrainRequestedAt { get; init; }

    /// <summary>Human-readable summary of the current state and of any action that is required.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Conditions; Ready is true when the media node accepts new meetings.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
