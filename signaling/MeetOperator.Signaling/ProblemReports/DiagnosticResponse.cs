namespace MeetOperator.Signaling.ProblemReports;

/// <summary>One report with its statistics, oldest first.</summary>
internal sealed record DiagnosticResponse(string ReportId, string ParticipantId, string? DisplayName, string At, string? Text, string Browser, IReadOnlyList<DiagnosticSample> Statistics);
