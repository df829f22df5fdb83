using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Fleet;

/// <summary>The assignment of a meeting to one media node, with what the node has reported about the room. Immutable.</summary>
internal sealed record AssignedNode
{
    /// <summary>Identifies the assignment within its meeting.</summary>
    public required NamespacedName Node { get; init; }
    public string? Region { get; init; }
    public AssignmentRole Role { get; init; }
    public NodeAssignmentState State { get; init; }
    public required long Generation { get; init; }

    /// <summary>Timestamp at which the node confirmed the room; 0 before. If a later poll lacks the room, the room was lost.</summary>
    public long RoomConfirmedAt { get; init; }
    public bool RoomExists => RoomConfirmedAt != 0;

    /// <summary>The reason why the node rejected the room; null when it accepted the room or has not been asked yet.</summary>
    public string? RoomRejection { get; init; }

    /// <summary>The participant limit that the room was created with; null when another operator process created it.</summary>
    public int? RoomCapacity { get; init; }
    public int Participants { get; init; }

    /// <summary>True once the node has reported the room, so that <see cref="Participants"/> is a current count and not one from an old status.</summary>
    public bool HasParticipantCount { get; init; }

    public static AssignedNode Of(NodeAssignment chosen) => new()
    {
        Node = new NamespacedName(chosen.Namespace, chosen.SfuNode),
        Region = chosen.Region,
        Role = chosen.Role,
        State = chosen.State,
        Generation = chosen.Generation,
    };

    /// <summary>An assignment from a status.</summary>
    /// <param name="stored">The stored assignment.</param>
    /// <param name="now">The current timestamp: a poll that starts later must find the room.</param>
    public static AssignedNode Of(MeetingAssignment stored, long now)
    {
        var isReady = stored.State == AssignmentState.Ready;
        return new AssignedNode
        {
            Node = new NamespacedName(stored.Namespace, stored.SfuNode),
            Region = stored.Region,
            Role = stored.Role ?? AssignmentRole.Origin,
            State = isReady ? NodeAssignmentState.Ready : NodeAssignmentState.Preparing,
            Generation = stored.Generation,
            RoomConfirmedAt = isReady ? now : 0,
            Participants = stored.Participants,
        };
    }
}
