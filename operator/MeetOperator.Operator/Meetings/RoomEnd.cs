namespace MeetOperator.Operator.Meetings;

/// <summary>What came of ending a room.</summary>
internal enum RoomEnd
{
    /// <summary>The room is gone, or there was none.</summary>
    Done,

    /// <summary>Somebody is in the room, which was to be ended only if nobody is.</summary>
    NotEmpty,

    /// <summary>The node does not answer; it is asked again, until it does or counts as dead.</summary>
    NoAnswer,
}
