namespace MeetOperator.Placement.Inputs;

/// <summary>The current placement of a meeting.</summary>
public sealed record CurrentPlacement
{
    public required string Namespace { get; init; }
    public required string SfuNode { get; init; }
    public string? Region { get; init; }
    public required long Generation { get; init; }

    /// <summary>True when the node is running but has lost the room because its process restarted. The same node may be chosen again with a new generation.</summary>
    public bool RoomLost { get; init; }

    /// <summary>The reason why the node rejected the room, or null. A rejected meeting is placed on another node.</summary>
    public string? RoomRejection { get; init; }
}
