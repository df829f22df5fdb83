namespace MeetOperator.Operator.NodeSets;

/// <summary>How nodes with an older template are replaced.</summary>
/// <param name="IsPaused">No outdated node is replaced.</param>
/// <param name="WhenEmpty">An outdated node is replaced only while nobody uses it; otherwise its users are moved.</param>
internal readonly record struct NodeSetRollout(bool IsPaused, bool WhenEmpty)
{
    public static NodeSetRollout Paused { get; } = new(IsPaused: true, WhenEmpty: true);
}
