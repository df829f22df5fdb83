namespace MeetOperator.Placement.Inputs;

/// <summary>Everything that the relief of one overloaded media node depends on.</summary>
public sealed record ReliefInput
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>The stress below which no further meeting leaves.</summary>
    public required double Goal { get; init; }

    /// <summary>The number of meetings that may leave now.</summary>
    public required int MaxMoves { get; init; }

    /// <summary>What the node's stress consists of, each with the shares of its meetings.</summary>
    public required IReadOnlyList<StressPart> Parts { get; init; }

    /// <summary>The meetings that may leave: they are on this node only, and have not been moved lately.</summary>
    public required IReadOnlyList<MeetingDemand> Meetings { get; init; }

    /// <summary>Every known media node, in any order.</summary>
    public required IReadOnlyList<NodeSnapshot> Nodes { get; init; }

    /// <summary>Nodes, by namespace and name, that meetings of overloaded nodes are moving to: their reports do not show these meetings yet.</summary>
    public IReadOnlySet<(string Namespace, string Name)> Receiving { get; init; } = new HashSet<(string, string)>();
    public PlacementOptions Options { get; init; } = PlacementOptions.Default;
}

/// <summary>One thing that a media node can have too much of, such as the work of one loop.</summary>
/// <param name="Level">Its stress; 1 is all that the node can do.</param>
/// <param name="Shares">The estimated part of each meeting, by meeting ID; the parts of all meetings add up to the level.</param>
public sealed record StressPart(double Level, IReadOnlyDictionary<string, double> Shares);
