namespace MeetOperator.Placement.Inputs;

/// <summary>Constants that apply to every placement.</summary>
public sealed record PlacementOptions
{
    public static readonly PlacementOptions Default = new();

    /// <summary>Participants to reserve for a meeting that is still empty. Most meetings have two participants.</summary>
    public int ParticipantsPerNewMeeting { get; init; } = 2;

    /// <summary>Maximum age of a report in seconds. The default allows for three missed polls of one second, plus a margin.</summary>
    public double StaleReportSeconds { get; init; } = 4;
}
