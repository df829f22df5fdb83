namespace MeetOperator.Placement;

/// <summary>Figures that hold for every placement.</summary>
public sealed record PlacementOptions
{
    public static readonly PlacementOptions Default = new();

    /// <summary>People that are set aside for a meeting that nobody has joined yet. Most meetings are small: two.</summary>
    public int PeoplePerNewMeeting { get; init; } = 2;

    /// <summary>Seconds after which a report is too old to place by. Three missed polls of one second, and some slack.</summary>
    public double StaleReportSeconds { get; init; } = 4;
}
