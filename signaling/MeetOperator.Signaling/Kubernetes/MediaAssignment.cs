using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>A media node that the operator assigned to a meeting. <c>Namespace</c> and <c>Node</c> identify it: a meeting has at most one assignment to a node.</summary>
/// <param name="Namespace">Namespace of the SfuNode.</param>
/// <param name="Node">Name of the SfuNode.</param>
/// <param name="ControlUrl">Address of the node's NodeControl API; always HTTPS.</param>
/// <param name="Generation">Fencing number. A higher number at the same node means a new room.</param>
/// <param name="Role">Role of the node for the meeting; null for one that only a later version knows.</param>
/// <param name="State">Whether participants may use the room; null for a state that only a later version knows.</param>
internal sealed record MediaAssignment(string Namespace, string Node, Uri ControlUrl, long Generation, AssignmentRole? Role, AssignmentState? State)
{
    /// <summary>Region of the node; null if it has none.</summary>
    public string? Region { get; init; }

    /// <summary>Number of the meeting's participants on the node; at most some seconds old.</summary>
    public int Participants { get; init; }

    /// <summary>How many more participants of the meeting the node takes; as old as <see cref="Participants"/>. Null if the operator does not say, as in earlier versions.</summary>
    public int? FreePlaces { get; init; }

    /// <summary>In which ways the node lets participants reach it; null without limits, and if the operator does not say, as in earlier versions.</summary>
    public ConnectivityRule? Connectivity { get; init; }

    /// <summary>Whether the node takes another participant, as far as is known.</summary>
    public bool HasPlace => FreePlaces is not <= 0;

    /// <summary>Whether this replica has found that the node is gone. The operator may not know yet.</summary>
    public bool IsGone { get; init; }

    /// <summary>Whether the node was gone and is back, but so recently that it may be gone again soon. Those who use another node stay there.</summary>
    public bool IsUnsteady { get; init; }

    /// <summary>Whether the node is Leaving and its deadline is so near that nobody should begin to use it.</summary>
    public bool IsEnding { get; init; }

    /// <summary>When participants that are still on a node that is Leaving are disconnected; null in other states.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The room that the assignment stands for.</summary>
    public RoomKey Key => new(Namespace, Node, ControlUrl, Generation);

    /// <summary>Whether the node has the room, so that participants may be in it.</summary>
    public bool IsServing => State is AssignmentState.Ready or AssignmentState.Leaving;
}
