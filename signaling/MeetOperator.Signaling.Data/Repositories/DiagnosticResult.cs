namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>The outcome, and the ID of the stored report for <see cref="DiagnosticOutcome.Stored"/> and <see cref="DiagnosticOutcome.Duplicate"/>.</summary>
public readonly record struct DiagnosticResult(DiagnosticOutcome Outcome, string? ReportId = null);
