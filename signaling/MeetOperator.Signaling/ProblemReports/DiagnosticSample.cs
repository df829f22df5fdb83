namespace MeetOperator.Signaling.ProblemReports;

/// <summary>What a client measured in one interval. Losses are fractions from 0 to 1.</summary>
internal sealed record DiagnosticSample
{
    /// <summary>Milliseconds from the measurement to the report.</summary>
    public double? AgeMs { get; init; }

    /// <summary>good, weak, poor or unknown.</summary>
    public string? Quality { get; init; }

    /// <summary>The likely cause of a bad line, in lower-case letters and hyphens.</summary>
    public string? Hint { get; init; }
    public double? RttMs { get; init; }
    public double? SendKbps { get; init; }
    public double? SendLoss { get; init; }
    public double? ReceiveKbps { get; init; }
    public double? ReceiveLoss { get; init; }
    public IReadOnlyList<DiagnosticPath?>? Paths { get; init; }
    public IReadOnlyList<DiagnosticTrack?>? Tracks { get; init; }
}
