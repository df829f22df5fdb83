using MeetOperator.Contracts.SfuNodes;

namespace MeetOperator.Placement.Inputs;

/// <summary>The observed state of one media node at the time of the decision, including reservations by placements in progress.</summary>
public sealed record NodeSnapshot
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Pool { get; init; }
    public IReadOnlyDictionary<string, string> PoolLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>True when the node's namespace is one of the installation's pool namespaces, whose pools can be shared with tenants.</summary>
    public bool IsInSharedNamespace { get; init; }
    public string? Region { get; init; }

    /// <summary>Zone of the cluster node; null if it has none.</summary>
    public string? Zone { get; init; }

    /// <summary>Name of the cluster node that runs the media node; null while it is not known. Without a cluster, all media nodes are on the same machine.</summary>
    public string? ClusterNode { get; init; }
    public required SfuNodeState State { get; init; }

    /// <summary>The node has just refused a room, so it counts as Draining for new ones for a moment. What is there stays.</summary>
    public bool IsRejecting { get; init; }

    /// <summary>The operator sees the node as not serving, but participants may still be connected. Its meetings stay.</summary>
    public bool MayBeAlive { get; init; }

    /// <summary>The process that held the node's rooms has ended and its successor is not serving yet. The meetings move.</summary>
    public bool HasLostRooms { get; init; }

    /// <summary>Cordoned: the node takes no new meetings and keeps its current ones.</summary>
    public bool Unschedulable { get; init; }

    /// <summary>The drain deadline has passed: meetings move if another node can take them, and stay otherwise.</summary>
    public bool IsDrainDue { get; init; }

    /// <summary>The drain is forced: meetings are removed even if no other node can take them.</summary>
    public bool IsForcedDrainDue { get; init; }

    /// <summary>Clients cannot reach the node: meetings move if another node can take them, and stay otherwise.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>Although the node is cut off, it works for the room of the meeting that is placed, which can be linked: another one of its loops is stuck.</summary>
    public bool ServesMeeting { get; init; }

    /// <summary>The node can link its rooms with rooms on other nodes.</summary>
    public bool HasLinks { get; init; }

    /// <summary>Whether the node's process ends within seconds, because its Pod is being deleted.</summary>
    public bool IsEnding { get; init; }

    /// <summary>Created from an older template than its pool's. It takes a meeting only if no up-to-date node of the same rank can.</summary>
    public bool IsOutdated { get; init; }

    /// <summary>More than its pool wants, and removed once it is empty. As with an outdated one, new meetings prefer other nodes, but what is there stays.</summary>
    public bool IsSurplus { get; init; }

    public int Meetings { get; init; }

    /// <summary>Participants on the node, from its last report.</summary>
    public int Participants { get; init; }

    /// <summary>Participants that are about to move to the node.</summary>
    public int IncomingParticipants { get; init; }

    /// <summary>Other meetings on the node that are getting a further node now.</summary>
    public int GrowingMeetings { get; init; }
    public int MaxMeetings { get; init; } = 200;
    public int MaxParticipants { get; init; } = 500;

    /// <summary>The highest of the busiest media loop, egress and lost packets; 1 is all that the node can do.</summary>
    public double Stress { get; init; }
    public double StressThreshold { get; init; } = 0.8;

    /// <summary>The stress below which the node sends no meetings away, even after it was overloaded.</summary>
    public double StressGoal { get; init; } = 0.85;

    /// <summary>Time of the node's last report; null before the first one.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Participants to plan for: those present and incoming, or a minimum per meeting if that is higher.</summary>
    public int ExpectedParticipants(PlacementOptions options) => Math.Max(Participants + IncomingParticipants, Meetings * options.ParticipantsPerNewMeeting);

    /// <summary>Utilization of the node, 0 to 1: the higher of the shares of meetings and of participants.</summary>
    public double Fill(PlacementOptions options) =>
        Math.Max((double)Meetings / Math.Max(1, MaxMeetings), (double)ExpectedParticipants(options) / Math.Max(1, MaxParticipants));
}
