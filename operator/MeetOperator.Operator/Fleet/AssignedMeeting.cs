using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>The current assignment of a meeting, in memory. It is newer than the meeting's status while a placement is in progress. Guarded by the fleet.</summary>
internal sealed class AssignedMeeting(MeetingRef meeting)
{
    public MeetingRef Ref { get; } = meeting;
    public string MeetingId => Ref.Id;
    public NamespacedName Meeting => Ref.Name;

    /// <summary>Null after the meeting has lost its node, until another one is found.</summary>
    public NamespacedName? Node { get; set; }
    public string? Region { get; set; }
    public long Generation { get; set; }

    /// <summary>Timestamp at which the node confirmed the room; 0 before. If a later poll lacks the room, the room was lost.</summary>
    public long RoomConfirmedAt { get; set; }
    public bool RoomLost { get; set; }

    /// <summary>The reason why the node rejected the room; null when it accepted the room or has not been asked yet.</summary>
    public string? RoomRejection { get; set; }

    /// <summary>The participant limit that the room was created with; null when another operator process created it.</summary>
    public int? RoomCapacity { get; set; }
    public int Participants { get; set; }

    /// <summary>True once the node has reported the room, so that <see cref="Participants"/> is a current count and not one from an old status.</summary>
    public bool HasParticipantCount { get; set; }
}
