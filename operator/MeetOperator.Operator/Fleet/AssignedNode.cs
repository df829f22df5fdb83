using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Fleet;

/// <summary>The assignment of a meeting to one media node, with what the node has reported about the room. Immutable.</summary>
internal sealed record AssignedNode
{
    /// <summary>Signaling ends the sessions of WHIP and WHEP clients four seconds before the deadline. A report may be a second old.</summary>
    private static readonly TimeSpan LateTime = TimeSpan.FromSeconds(6);

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

    /// <summary>In which ways participants may reach the node, as the room enforces it; null without limits.</summary>
    public ConnectivityRule? Connectivity { get; init; }
    public int Participants { get; init; }

    /// <summary>True once the node has reported the room, so that <see cref="Participants"/> is a current count and not one from an old status.</summary>
    public bool HasParticipantCount { get; init; }

    /// <summary>Number of participants with a connected transport, from the node's last report.</summary>
    public int Sessions { get; init; }

    /// <summary>Number of participants that a further node was chosen for, while it is being prepared; null when it may have to take all others of the meeting.</summary>
    public int? Reserved { get; init; }

    /// <summary>What a further node was chosen for; not known after a change of leader.</summary>
    public NodeNeed Need { get; init; }

    /// <summary>Timestamp at which the node got its state, or took over from another one.</summary>
    public long StateSince { get; init; }

    /// <summary>The time until which participants may stay on a Leaving node; null in other states. For display: the time that counts is <see cref="LeaveTime"/>.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How long after <see cref="StateSince"/> participants may stay on a Leaving node.</summary>
    public TimeSpan LeaveTime { get; init; }

    /// <summary>True when a report that was begun after the node became Leaving names no participant and no session.</summary>
    public bool IsLeft { get; init; }

    /// <summary>The highest number of connected participants in the reports of the last seconds (<see cref="LateTime"/>) before the deadline of a Leaving node.</summary>
    public int LateParticipants { get; init; }

    /// <summary>Whether participants may use the room, or used it until now.</summary>
    public bool IsInUse => State is NodeAssignmentState.Ready or NodeAssignmentState.Leaving;

    public static AssignedNode Of(NodeAssignment chosen, TimeProvider time) => new()
    {
        Node = new NamespacedName(chosen.Namespace, chosen.SfuNode),
        Region = chosen.Region,
        Role = chosen.Role,
        State = chosen.State,
        Generation = chosen.Generation,
        Reserved = chosen.Reserved,
        Need = chosen.Need,
        StateSince = time.GetTimestamp(),
    };

    /// <summary>The assignment with the role and the state of a decision. What the node has reported about the room remains.</summary>
    public AssignedNode After(NodeAssignment decided, TimeProvider time) => (decided.Role, decided.State) == (Role, State) ? this : this with
    {
        Role = decided.Role,
        State = decided.State,
        StateSince = decided.State == State && Role != AssignmentRole.Standby ? StateSince : time.GetTimestamp(),
        Deadline = decided.Deadline,
        LeaveTime = decided.Deadline is { } deadline ? deadline - time.GetUtcNow() : TimeSpan.Zero,
        IsLeft = IsLeft && decided.State == State,
        LateParticipants = decided.State == State ? LateParticipants : 0,
    };

    /// <summary>The assignment after the node has confirmed the room. The origin is Ready then; another node only when it is linked.</summary>
    public AssignedNode WithRoom(int capacity, ConnectivityRule? connectivity, TimeProvider time) => this with
    {
        State = Role == AssignmentRole.Origin ? NodeAssignmentState.Ready : State,
        RoomConfirmedAt = time.GetTimestamp(),
        RoomCapacity = capacity,
        Connectivity = connectivity,
    };

    /// <summary>The assignment after a report with this number of connected participants.</summary>
    public AssignedNode WithSessions(int sessions, TimeProvider time) => this with
    {
        Sessions = sessions,
        LateParticipants = State == NodeAssignmentState.Leaving && LeaveTime - time.GetElapsedTime(StateSince) <= LateTime ? Math.Max(LateParticipants, sessions) : LateParticipants,
    };

    /// <summary>An assignment from a status. One with a state of a later version gets its room again.</summary>
    /// <param name="stored">The stored assignment.</param>
    /// <param name="time">The current time: a poll that starts later must find the room.</param>
    public static AssignedNode Of(MeetingAssignment stored, TimeProvider time)
    {
        var now = time.GetTimestamp();
        var state = stored.State switch
        {
            AssignmentState.Ready => NodeAssignmentState.Ready,
            AssignmentState.Leaving => NodeAssignmentState.Leaving,
            _ => NodeAssignmentState.Preparing,
        };
        return new AssignedNode
        {
            Node = new NamespacedName(stored.Namespace, stored.SfuNode),
            Region = stored.Region,
            Role = stored.Role ?? AssignmentRole.Edge,
            State = state,
            Generation = stored.Generation,
            RoomConfirmedAt = state == NodeAssignmentState.Preparing ? 0 : now,
            Connectivity = stored.Connectivity,
            Participants = stored.Participants,
            StateSince = now,
            Deadline = state == NodeAssignmentState.Leaving ? stored.Deadline : null,
            LeaveTime = state == NodeAssignmentState.Leaving && stored.Deadline is { } deadline && deadline > time.GetUtcNow() ? deadline - time.GetUtcNow() : TimeSpan.Zero,
        };
    }
}
