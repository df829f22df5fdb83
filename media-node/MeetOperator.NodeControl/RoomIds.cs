namespace MeetOperator.NodeControl;

/// <summary>Ids of rooms. That of a meeting's room is the meeting's id, a UUID.</summary>
public static class RoomIds
{
    /// <summary>The room in which a node calls itself once while it starts; it belongs to no meeting.</summary>
    public const string SelfCall = "self-call";
}
