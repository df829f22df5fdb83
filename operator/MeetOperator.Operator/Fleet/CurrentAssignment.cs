using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>Where a meeting is now, as the fleet knows it: an immutable copy.</summary>
internal sealed record CurrentAssignment
{
    /// <summary>Null while the meeting has lost its node and found no other.</summary>
    public NamespacedName? Node { get; init; }
    public string? Region { get; init; }
    public required long Generation { get; init; }

    /// <summary>The node has confirmed the room.</summary>
    public bool RoomExists { get; init; }

    /// <summary>The node lives and no longer knows the room.</summary>
    public bool RoomLost { get; init; }

    /// <summary>Why the node did not make the room.</summary>
    public string? Refusal { get; init; }

    /// <summary>People that the room was made for; null when that is not known here.</summary>
    public int? Places { get; init; }
    public int Participants { get; init; }

    /// <summary>The head count comes from the node, not from a status of before.</summary>
    public bool Counted { get; init; }
}
