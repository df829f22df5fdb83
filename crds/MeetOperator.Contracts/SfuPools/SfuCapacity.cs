using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>Capacity of one media node.</summary>
public sealed record SfuCapacity
{
    /// <summary>Maximum number of meetings on one media node, 1 to 10000; limits the impact of its failure. Default 200; mutable.</summary>
    [Range(1, 10_000)]
    [Default("200")]
    public int MaxMeetings { get; init; } = 200;

    /// <summary>Maximum number of participants on one node, 1 to 50000. Default 500; mutable, applied to nodes when they are created.</summary>
    [Range(1, 50_000)]
    [Default("500")]
    public int MaxParticipants { get; init; } = 500;

    /// <summary>
    /// Stress, 0.05 to 1, from which a node accepts no new meetings: the highest of the working time of its busiest media loop, its egress of maxEgressMbps, and lost packets (2 % count
    /// as 1). Default 0.8; mutable.
    /// </summary>
    [Range(0.05, 1)]
    [Default("0.8")]
    public double StressThreshold { get; init; } = 0.8;

    /// <summary>
    /// Media that a node can send, in megabits per second, 1 to 1000000, for example what its network card carries. It is compared with what the node sends and limits nothing by itself.
    /// Optional; default not considered; mutable.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? MaxEgressMbps { get; init; }

    /// <summary>
    /// Limit of what a node sends over one link to another media node of a meeting, in kilobits per second, 100 to 10000000. Audio always crosses; pictures of cameras and screens get
    /// smaller or are left out. Optional; default no limit; mutable. Media nodes of earlier versions have no limit.
    /// </summary>
    [Range(100, 10_000_000)]
    public int? MaxLinkKbps { get; init; }
}
