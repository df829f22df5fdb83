using MeetOperator.Contracts.Connectivity;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.Meetings;

/// <summary>The assignment of a meeting to one media node.</summary>
public sealed record MeetingAssignment
{
    /// <summary>Name of the SfuNode that carries the meeting; unique within the list together with its namespace. Written by the operator.</summary>
    [MaxLength(253)]
    public required string SfuNode { get; init; }

    /// <summary>Namespace of the SfuNode, which may be the namespace of a shared pool. Written by the operator.</summary>
    [MaxLength(63)]
    public required string Namespace { get; init; }

    /// <summary>Region of the media node's pool; absent if the pool has none.</summary>
    [MaxLength(63)]
    public string? Region { get; init; }

    /// <summary>Origin for the node that participants use by default; Edge for a further node, which is linked to it; Standby for one without participants.</summary>
    [UnknownAsNull]
    public AssignmentRole? Role { get; init; }

    /// <summary>
    /// Preparing while the room is created and linked, Ready when participants may use it, Leaving while they move to another node, Lost when the node has failed or been
    /// deleted.
    /// </summary>
    [UnknownAsNull]
    public AssignmentState? State { get; init; }

    /// <summary>Time when participants that are still on a Leaving node are disconnected, in UTC; absent in other states.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Number of the meeting's participants on this node; usually at most 5 s old.</summary>
    public int Participants { get; init; }

    /// <summary>Number of these participants whose media is connected to the node; usually at most 5 s old. Absent while the meeting is on one node.</summary>
    public int? Sessions { get; init; }

    /// <summary>
    /// How many more of the meeting's participants the node can take; usually at most 5 s old. Absent while the meeting is on one node.
    /// </summary>
    public int? FreePlaces { get; init; }

    /// <summary>
    /// In which ways participants may reach the media node, as far as the tenant or the pool limits it; absent without limits. It is what the node enforces. Written by the operator.
    /// </summary>
    public ConnectivityRule? Connectivity { get; init; }

    /// <summary>Fencing number, incremented with each placement. Media nodes reject lower numbers.</summary>
    [Range(1, 9_007_199_254_740_991)]
    public long Generation { get; init; }
}
