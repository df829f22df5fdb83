namespace MeetOperator.Operator.Calls;

/// <summary>The result of ending a room.</summary>
internal enum RoomEndResult
{
    /// <summary>The room has ended or did not exist.</summary>
    Done,

    /// <summary>A participant is in the room, which was to be ended only if empty.</summary>
    NotEmpty,

    /// <summary>The node did not respond. The call is repeated until the node responds or counts as failed.</summary>
    NoAnswer,
}
