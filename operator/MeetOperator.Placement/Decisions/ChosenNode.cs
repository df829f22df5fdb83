namespace MeetOperator.Placement.Decisions;

/// <summary>The node that was chosen.</summary>
public sealed record ChosenNode(string Namespace, string Name, string? Region);
