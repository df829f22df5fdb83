namespace MeetOperator.MediaNode.Links;

/// <summary>What is at the other end of a link of a room.</summary>
internal enum LinkEndKind
{
    /// <summary>The room of the meeting on another media node.</summary>
    Node,

    /// <summary>A part of the room on another loop of this media node. This end is the hub.</summary>
    Part,

    /// <summary>The hub of the room, on another loop of this media node. This end is a part.</summary>
    Hub,
}
