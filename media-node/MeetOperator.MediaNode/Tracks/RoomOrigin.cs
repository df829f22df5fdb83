namespace MeetOperator.MediaNode.Tracks;

/// <summary>What a room tells other rooms of its meeting about itself. Used only on the loop's thread.</summary>
internal sealed class RoomOrigin
{
    /// <summary>The media node as <c>namespace/name</c>; empty before a link names it.</summary>
    public string Node { get; set; } = "";

    /// <summary>The generation of the room's assignment.</summary>
    public ulong Generation { get; set; }
}
