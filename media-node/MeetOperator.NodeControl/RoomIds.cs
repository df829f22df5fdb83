namespace MeetOperator.NodeControl;

/// <summary>Room IDs. The ID of a meeting's room is the meeting ID, a UUID.</summary>
public static class RoomIds
{
    /// <summary>The room of the warm-up call that a node makes to itself while it starts. It belongs to no meeting.</summary>
    public const string SelfCall = "self-call";
}
