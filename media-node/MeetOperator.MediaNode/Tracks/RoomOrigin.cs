namespace MeetOperator.MediaNode.Tracks;

/// <summary>What a room tells other rooms of its meeting about itself. Used only on the loop's thread.</summary>
internal sealed class RoomOrigin
{
    /// <summary>The name of the media node.</summary>
    public NodeName Name { get; init; } = new();

    /// <summary>The media node as <c>namespace/name</c>; empty before a link names it.</summary>
    public string Node
    {
        get => Name.Value;
        set => Name.Value = value;
    }

    /// <summary>The part of the room, as other parts know it.</summary>
    public string Part { get; init; } = "";

    /// <summary>The generation of the room's assignment.</summary>
    public ulong Generation { get; set; }
}
