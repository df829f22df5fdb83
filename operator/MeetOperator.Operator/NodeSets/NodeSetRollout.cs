namespace MeetOperator.Operator.NodeSets;

/// <summary>How nodes with an older template are replaced.</summary>
/// <param name="IsPaused">No outdated node is replaced.</param>
/// <param name="WhenEmpty">An outdated node is replaced only while nobody uses it; otherwise its users are moved.</param>
internal readonly record struct NodeSetRollout(bool IsPaused, bool WhenEmpty)
{
    public static NodeSetRollout Paused { get; } = new(IsPaused: true, WhenEmpty: true);

    /// <summary>Number of nodes beyond the desired number, including those that are leaving, with <see cref="SurgePlan"/>. Null replaces nodes one at a time.</summary>
    public int? MaxSurge { get; init; }

    /// <summary>Number of nodes that may get the current template while it is tried, and no other node is drained for them. Null is no limit.</summary>
    public int? MaxUpdated { get; init; }

    /// <summary>Number of extra nodes that a paused rollout keeps, because it had created them before.</summary>
    public int KeptSurge { get; init; }
}
