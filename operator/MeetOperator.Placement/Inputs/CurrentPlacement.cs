using MeetOperator.Placement.Assignments;

namespace MeetOperator.Placement.Inputs;

/// <summary>The current placement of a meeting that has been placed before.</summary>
public sealed record CurrentPlacement
{
    /// <summary>The meeting's assignments, the origin first; empty after the meeting has lost its node.</summary>
    public IReadOnlyList<NodeAssignment> Nodes { get; init; } = [];

    /// <summary>Region of the node that participants use, or last used.</summary>
    public string? Region { get; init; }

    /// <summary>The highest generation that the meeting has used.</summary>
    public required long Generation { get; init; }
}
