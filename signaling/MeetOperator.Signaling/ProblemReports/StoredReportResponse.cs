namespace MeetOperator.Signaling.ProblemReports;

/// <summary>The ID of a report, by which people can refer to it.</summary>
internal sealed record StoredReportResponse(string ReportId);
