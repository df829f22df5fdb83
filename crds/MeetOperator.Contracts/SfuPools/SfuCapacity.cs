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

    /// <summary>Utilization of a media loop, 0.05 to 1, above which a node accepts no new meetings. Default 0.8; mutable.</summary>
    [Range(0.05, 1)]
    [Default("0.8")]
    public double StressThreshold { get; init; } = 0.8;
}
