namespace MeetOperator.Placement.Inputs;

/// <summary>Everything that a placement depends on. The same input always gives the same decision.</summary>
public sealed record PlacementInput
{
    public required MeetingDemand Demand { get; init; }

    /// <summary>Every known media node, in any order.</summary>
    public IReadOnlyList<NodeSnapshot> Nodes { get; init; } = [];

    /// <summary>Breaks ties between nodes of equal score, so that concurrent decisions do not all choose the same node.</summary>
    public ulong Seed { get; init; }
    public PlacementOptions Options { get; init; } = PlacementOptions.Default;
}
