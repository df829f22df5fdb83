namespace MeetOperator.NodeControl;

/// <summary>Room IDs. The ID of a meeting's room is the meeting ID, a UUID.</summary>
public static class RoomIds
{
    /// <summary>The room of the warm-up call that a node makes to itself while it starts. It belongs to no meeting.</summary>
    public const string SelfCall = "self-call";

    /// <summary>The room to which a participant of the warm-up call moves.</summary>
    public const string SelfMove = "self-move";

    /// <summary>The beginning of the IDs of rooms in which persons check their networks (<see cref="NetworkCheckReport"/>). They belong to no meeting.</summary>
    public const string CheckPrefix = "check-";

    /// <summary>Whether a room belongs to the warm-up call.</summary>
    public static bool IsOfSelfCall(string? id) => id is SelfCall or SelfMove;

    /// <summary>Whether a room belongs to a network check.</summary>
    public static bool IsOfCheck(string? id) => id?.StartsWith(CheckPrefix, StringComparison.Ordinal) == true;

    /// <summary>Whether a room may belong to a meeting, so that its participants count.</summary>
    public static bool IsOfMeeting(string? id) => !IsOfSelfCall(id) && !IsOfCheck(id);
}
