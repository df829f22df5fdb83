namespace MeetOperator.Placement;

/// <summary>Everything that a placement is decided on. The same input gives the same decision.</summary>
public sealed record PlacementInput
{
    public required MeetingDemand Demand { get; init; }

    /// <summary>Every media node that is known, in any order.</summary>
    public IReadOnlyList<NodeSnapshot> Nodes { get; init; } = [];

    /// <summary>Breaks ties between nodes of equal score, so that parallel decisions need not all pick the same one.</summary>
    public ulong Seed { get; init; }
    public PlacementOptions Options { get; init; } = PlacementOptions.Default;
}
