using MeetOperator.Placement.Assignments;

namespace MeetOperator.Placement.Decisions;

/// <summary>The outcome of a placement and its reason.</summary>
public sealed record PlacementDecision
{
    /// <summary>The assignments that the meeting should have, the origin first; empty when no node can take the meeting.</summary>
    public IReadOnlyList<NodeAssignment> Nodes { get; init; } = [];

    /// <summary>
    /// The highest generation that the meeting has used, including this decision: 1 for the first placement, unchanged while the meeting stays, incremented for each node that is added.
    /// </summary>
    public long Generation { get; init; }
    public required PlacementOutcome Outcome { get; init; }

    /// <summary>Whether <see cref="Nodes"/> are other assignments than the meeting had, and at least one.</summary>
    public bool HasNewAssignments => Outcome is not (PlacementOutcome.Kept or PlacementOutcome.NoCandidates or PlacementOutcome.NoCapacity);

    /// <summary>Whether to decide again soon: the meeting should have another node beside its own and none can take it now, or a node has not reported yet.</summary>
    public bool NeedsRetry { get; init; }

    /// <summary>Whether to decide again within a minute or so: the meeting would use a node in another region, and there is none now.</summary>
    public bool MayGrowLater { get; init; }

    /// <summary>One sentence for the status and for events.</summary>
    public required string Reason { get; init; }

    /// <summary>Every rejected candidate, sorted by name.</summary>
    public IReadOnlyList<Rejection> Rejections { get; init; } = [];

    /// <summary>Whether the meeting has a standby; null for one that needs none, and while that cannot be decided.</summary>
    public StandbyState? Standby { get; init; }

    /// <summary>The answer to the requested move; null without one, and while the meeting has no node.</summary>
    public MoveAnswer? Move { get; init; }
}
