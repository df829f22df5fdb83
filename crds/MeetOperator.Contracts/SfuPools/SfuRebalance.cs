using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>
/// How meetings leave an overloaded media node while people talk. The stress of a node is the highest of three shares: the working time of its busiest media loop, its egress of
/// capacity.maxEgressMbps, and lost packets, of which 2 % count as full stress.
/// </summary>
public sealed record SfuRebalance
{
    /// <summary>Whether meetings are moved off a node whose stress stays above stressThreshold. Default true; mutable.</summary>
    [Default("true")]
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Meetings leave when the stress, 0.05 to 1, has been at or above this value for ten seconds. It must be higher than capacity.stressThreshold. Optional; default 0.9, or halfway between
    /// capacity.stressThreshold and 1 if that is higher; mutable.
    /// </summary>
    [Range(0.05, 1)]
    public double? StressThreshold { get; init; }

    /// <summary>Number of meetings, 1 to 100, that leave a node at once at most. The operator moves at most 20 a minute off all nodes together. Default 3; mutable.</summary>
    [Range(1, 100)]
    [Default("3")]
    public int Batch { get; init; } = 3;

    /// <summary>Seconds, 10 to 86400, until further meetings leave the node, and until a meeting that has left a node may leave another one. Default 180; mutable.</summary>
    [Range(10, 86_400)]
    [Default("180")]
    public int CooldownSeconds { get; init; } = 180;
}
