using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Fleet;

/// <summary>The current assignments of a meeting, in memory. They are newer than the meeting's status while a placement is in progress. Immutable.</summary>
internal sealed record AssignedMeeting(MeetingRef Ref)
{
    public string MeetingId => Ref.Id;
    public NamespacedName Meeting => Ref.Name;

    /// <summary>Region of the node that participants use, or last used.</summary>
    public string? Region { get; init; }

    /// <summary>The highest generation that the meeting has used. It never decreases while the meeting exists.</summary>
    public required long Generation { get; init; }

    /// <summary>One entry for each node; empty after the meeting has lost its node, until another one is found.</summary>
    public IReadOnlyList<AssignedNode> Nodes
    {
        get;
        init
        {
            field = value;
            Participants = ParticipantCount.Of(Participants, value);
        }
    } = [];

    /// <summary>The node that participants use, or null.</summary>
    public AssignedNode? Origin => Nodes.FirstOrDefault(static node => node.Role == AssignmentRole.Origin);

    /// <summary>Number of participants, each counted once (<see cref="ParticipantCount"/>).</summary>
    public int Participants { get; private init; }

    /// <summary>True when the count of every node with participants comes from the node and not from an old status.</summary>
    public bool HasParticipantCount => Nodes.Count > 0 && Nodes.All(static node => node.HasParticipantCount || node is { State: NodeAssignmentState.Preparing, Role: not AssignmentRole.Origin });

    /// <summary>The assignment to a node, or null.</summary>
    public AssignedNode? On(NamespacedName node)
    {
        for (var index = 0; index < Nodes.Count; index++)
        {
            if (Nodes[index].Node == node)
            {
                return Nodes[index];
            }
        }

        return null;
    }

    /// <summary>Replaces the assignment to one node.</summary>
    public AssignedMeeting With(AssignedNode changed) => this with
    {
        Generation = Math.Max(Generation, changed.Generation),
        Nodes = [.. Nodes.Select(node => node.Node == changed.Node ? changed : node)],
    };

    /// <summary>Exceeds a generation that a node holds. Assignments that it outranks get the new generation, and their rooms are created again with it.</summary>
    public AssignedMeeting RaisedAbove(long generation)
    {
        var next = Math.Max(Generation, generation) + 1;
        return this with
        {
            Generation = next,
            Nodes =
            [
                .. Nodes.Select(node => node.Generation > generation ? node : node with
                {
                    Generation = next,
                    RoomConfirmedAt = 0,
                    State = node.State == NodeAssignmentState.Ready ? NodeAssignmentState.Preparing : node.State,
                }),
            ],
        };
    }
}
