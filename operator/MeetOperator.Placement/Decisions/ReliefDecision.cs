namespace MeetOperator.Placement.Decisions;

/// <summary>Which meetings leave an overloaded media node.</summary>
/// <param name="Moves">The meetings to move now, in this order.</param>
/// <param name="Extended">A meeting to be extended to another media node, because it is too large to move; null without one.</param>
/// <param name="LacksTarget">True when a meeting should leave and no other media node could take it without having too much itself.</param>
public sealed record ReliefDecision(IReadOnlyList<ReliefMove> Moves, string? Extended, bool LacksTarget);

/// <summary>A meeting that leaves an overloaded media node.</summary>
/// <param name="MeetingId">The meeting.</param>
/// <param name="Namespace">Namespace of the node that it moves to.</param>
/// <param name="SfuNode">Name of the node that it moves to.</param>
public sealed record ReliefMove(string MeetingId, string Namespace, string SfuNode);
