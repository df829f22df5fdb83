using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>When a meeting uses more than one media node.</summary>
public sealed record MeetingScale
{
    /// <summary>Maximum number of media nodes that participants use, 1 to 8. With 1, a meeting is on a second one only while it moves. Default 8; mutable.</summary>
    [Range(1, 8)]
    [Default("8")]
    public int MaxNodes { get; init; } = 8;

    /// <summary>
    /// Share of the places on the meeting's media nodes, in percent, from which on another node is added, 10 to 100. A node is given up when the others would stay well below it.
    /// Default 80; mutable.
    /// </summary>
    [Range(10, 100)]
    [Default("80")]
    public int EdgeThresholdPct { get; init; } = 80;

    /// <summary>
    /// Regions adds a node in each region in which at least three participants are, if a pool allows it. Capacity adds nodes only for more participants. Default Regions; mutable.
    /// </summary>
    [Default("\"Regions\"")]
    public MeetingSpread Spread { get; init; } = MeetingSpread.Regions;
}
