namespace MeetOperator.Operator.Fleet;

/// <summary>A room that must be ended because no meeting on this node owns it.</summary>
/// <param name="Room">ID of the room.</param>
/// <param name="Generation">The generation that the node holds.</param>
/// <param name="OnlyIfEmpty">True when the meeting continues on another node, so that participants who are still in the room are not disconnected.</param>
internal readonly record struct OrphanRoom(string Room, long Generation, bool OnlyIfEmpty);
