namespace MeetOperator.Signaling.ProblemReports;

/// <summary>All reports of one meeting, oldest first, without their statistics.</summary>
internal sealed record DiagnosticsResponse(string MeetingId, IReadOnlyList<DiagnosticsResponse.Report> Reports)
{
    internal sealed record Report(string ReportId, string ParticipantId, string? DisplayName, string At, string? Text, string Browser);
}
