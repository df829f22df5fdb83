namespace MeetOperator.Placement.Inputs;

/// <summary>Constants that apply to every placement.</summary>
public sealed record PlacementOptions
{
    public static readonly PlacementOptions Default = new();

    /// <summary>Participants to reserve for a meeting that is still empty. Most meetings have two participants.</summary>
    public int ParticipantsPerNewMeeting { get; init; } = 2;

    /// <summary>Maximum age of a report in seconds. The default allows for three missed polls of one second, plus a margin.</summary>
    public double StaleReportSeconds { get; init; } = 4;

    /// <summary>How long participants may stay on a node that their meeting is leaving, in seconds. Nodes remove a participant without a transport after 30 s.</summary>
    public double LeaveSeconds { get; init; } = 60;

    /// <summary>The same for a node whose Pod is being deleted. Its process ends 25 s after SIGTERM, and another node must be prepared first.</summary>
    public double EndingLeaveSeconds { get; init; } = 20;

    /// <summary>The number of meetings on one node that may get a further node at the same time. When it is full, all its larger meetings would.</summary>
    public int GrowingMeetingsPerNode { get; init; } = 3;

    /// <summary>The maximum number of nodes of one meeting. Each is linked with each.</summary>
    public int MaxNodesPerMeeting { get; init; } = 8;
}
