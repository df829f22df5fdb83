namespace MeetOperator.Operator.Fleet;

/// <summary>A link that a meeting needs between two of its media nodes.</summary>
/// <param name="Id">The ID of the link on both nodes. It is the same for every leader.</param>
/// <param name="Opener">The assignment whose node starts handshakes.</param>
/// <param name="Acceptor">The assignment whose node answers them.</param>
internal sealed record MeetingLink(string Id, AssignedNode Opener, AssignedNode Acceptor)
{
    /// <summary>Whether both nodes have the room.</summary>
    public bool CanOpen => Opener.RoomExists && Acceptor.RoomExists;
}
