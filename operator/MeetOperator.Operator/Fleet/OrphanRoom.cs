namespace MeetOperator.Operator.Fleet;

/// <summary>A room that is to be ended.</summary>
/// <param name="Room">Its id.</param>
/// <param name="Generation">The generation that the node holds.</param>
/// <param name="OnlyIfEmpty">Its meeting goes on elsewhere: whoever is still in the room must not be cut off.</param>
internal readonly record struct OrphanRoom(string Room, long Generation, bool OnlyIfEmpty);
