namespace MeetOperator.Contracts.Meetings;

/// <summary>The state of a requested move.</summary>
public enum MeetingMoveState
{
    /// <summary>The move waits for another change of the meeting's media nodes.</summary>
    Waiting,

    /// <summary>The media node is being prepared beside the present ones.</summary>
    Moving,

    /// <summary>The media node is the meeting's origin.</summary>
    Done,

    /// <summary>The meeting could not move there. It stays where it is.</summary>
    Refused,

    /// <summary>The move began and was given up.</summary>
    Failed,
}
