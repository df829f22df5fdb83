namespace MeetOperator.Placement;

/// <summary>The node that was chosen.</summary>
public sealed record ChosenNode(string Namespace, string Name, string? Region);
