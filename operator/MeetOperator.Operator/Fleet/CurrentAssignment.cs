using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>An immutable copy of the current assignment of a meeting.</summary>
internal sealed record CurrentAssignment
{
    /// <summary>Null after the meeting has lost its node, until another one is found.</summary>
    public NamespacedName? Node { get; init; }
    public string? Region { get; init; }
    public required long Generation { get; init; }

    /// <summary>True when the node has confirmed the room.</summary>
    public bool RoomExists { get; init; }

    /// <summary>True when the node is running but has lost the room.</summary>
    public bool RoomLost { get; init; }

    /// <summary>The reason why the node rejected the room, or null.</summary>
    public string? RoomRejection { get; init; }

    /// <summary>The participant limit that the room was created with; null when unknown.</summary>
    public int? RoomCapacity { get; init; }
    public int Participants { get; init; }

    /// <summary>True when the participant count comes from the node and not from an old status.</summary>
    public bool HasParticipantCount { get; init; }
}
