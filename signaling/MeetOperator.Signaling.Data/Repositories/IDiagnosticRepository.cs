using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>Reports that participants sent about problems. Deleted with their meeting.</summary>
public interface IDiagnosticRepository
{
    /// <summary>
    /// Stores a report while its meeting is open and its sender was not removed. A full meeting takes no new reports instead of losing old ones: otherwise, one sender could
    /// remove the reports of others.
    /// </summary>
    Task<DiagnosticResult> AddAsync(DiagnosticRow report, int maxOfParticipant, int maxOfMeeting, CancellationToken ct);

    /// <summary>Lists all reports of a meeting without their statistics, oldest first.</summary>
    Task<IReadOnlyList<DiagnosticRow>> ListAsync(string tenant, string meetingId, CancellationToken ct);

    Task<DiagnosticRow?> FindAsync(string tenant, string meetingId, string reportId, CancellationToken ct);
}
