using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>Where a meeting is, in memory: ahead of its status while a placement is under way. Guarded by the fleet.</summary>
internal sealed class AssignedMeeting(MeetingRef meeting)
{
    public MeetingRef Ref { get; } = meeting;
    public string MeetingId => Ref.Id;
    public NamespacedName Meeting => Ref.Name;

    /// <summary>Null while the meeting has lost its node and found no other.</summary>
    public NamespacedName? Node { get; set; }
    public string? Region { get; set; }
    public long Generation { get; set; }

    /// <summary>Timestamp at which the node had the room for certain; 0 before. A later poll that lacks the room means that it was lost.</summary>
    public long RoomSince { get; set; }
    public bool RoomLost { get; set; }

    /// <summary>Why the node did not make the room; null when it did or was not asked yet.</summary>
    public string? Refusal { get; set; }

    /// <summary>People that the room was made for; null when another process made it.</summary>
    public int? Places { get; set; }
    public int Participants { get; set; }

    /// <summary>The node has reported the room, so that <see cref="Participants"/> is a count and not a memory.</summary>
    public bool Counted { get; set; }
}
