using MeetOperator.Contracts;

namespace MeetOperator.Placement;

/// <summary>What is known of one media node at the moment of the decision. Reservations of decisions under way are counted in.</summary>
public sealed record NodeSnapshot
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Pool { get; init; }
    public IReadOnlyDictionary<string, string> PoolLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>True when the node's namespace is one of the installation's for pools, so that tenants may be given its pools.</summary>
    public bool SharedNamespace { get; init; }
    public string? Region { get; init; }
    public required SfuNodeState State { get; init; }

    /// <summary>It does not serve as far as the operator sees, and people may be on it: its meetings stay.</summary>
    public bool MayLive { get; init; }

    /// <summary>The process that carried the node's meetings is gone, and the next one does not serve yet: they leave.</summary>
    public bool HasLostRooms { get; init; }

    /// <summary>Cordoned: takes no new meetings, keeps those it has.</summary>
    public bool Unschedulable { get; init; }

    /// <summary>The node is to be empty now: meetings leave when another can take them, and stay when none can.</summary>
    public bool Evicting { get; init; }

    /// <summary>The drain is forced: meetings leave also when no other node can take them.</summary>
    public bool Dropping { get; init; }

    /// <summary>People do not reach the node: meetings leave when another can take them, and stay when none can.</summary>
    public bool CutOff { get; init; }
    /// <summary>Made from an older template than its pool's: it takes a meeting where no node of the same rank that is up to date can.</summary>
    public bool Outdated { get; init; }
    public int Meetings { get; init; }

    /// <summary>People on the node as it reports.</summary>
    public int Participants { get; init; }
    public int MaxMeetings { get; init; } = 200;
    public int MaxParticipants { get; init; } = 500;

    /// <summary>Share of the busiest loop's time, 0 to 1.</summary>
    public double Stress { get; init; }
    public double StressThreshold { get; init; } = 0.8;

    /// <summary>When the node last answered; null before its first report.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>People to reckon with: those who are there, and a few for each meeting that is still empty.</summary>
    public int ExpectedPeople(PlacementOptions options) => Math.Max(Participants, Meetings * options.PeoplePerNewMeeting);

    /// <summary>How full the node is, 0 to 1, by the scarcer of meetings and people.</summary>
    public double Fill(PlacementOptions options) =>
        Math.Max((double)Meetings / Math.Max(1, MaxMeetings), (double)ExpectedPeople(options) / Math.Max(1, MaxParticipants));
}
