using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>How much one media node may carry.</summary>
public sealed record SfuCapacity
{
    /// <summary>Most meetings on one node, 1 to 10000; bounds what a dying node takes with it. Default 200; mutable.</summary>
    [Range(1, 10_000)]
    [Default("200")]
    public int MaxMeetings { get; init; } = 200;

    /// <summary>Most people on one node, 1 to 50000. Default 500; mutable, nodes learn it when they are made.</summary>
    [Range(1, 50_000)]
    [Default("500")]
    public int MaxParticipants { get; init; } = 500;

    /// <summary>Share of a media loop's time, 0.05 to 1, above which a node takes no new meeting. Default 0.8; mutable.</summary>
    [Range(0.05, 1)]
    [Default("0.8")]
    public double StressThreshold { get; init; } = 0.8;
}
