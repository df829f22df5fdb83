namespace MeetOperator.Placement;

/// <summary>Where a meeting is now.</summary>
public sealed record CurrentPlacement
{
    public required string Namespace { get; init; }
    public required string SfuNode { get; init; }
    public string? Region { get; init; }
    public required long Generation { get; init; }

    /// <summary>The node lives and no longer knows the room (its process was restarted): the same node may be chosen again, with a new generation.</summary>
    public bool RoomLost { get; init; }

    /// <summary>Why the node refused to make the room; null when it did not. Another node is then tried.</summary>
    public string? Refusal { get; init; }
}
