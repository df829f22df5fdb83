using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public interface IMeetingRepository
{
    /// <summary>Writes the row unless it already exists. Returns true if it was written.</summary>
    Task<bool> AddAsync(MeetingRow meeting, CancellationToken ct);

    Task<MeetingRow?> FindAsync(string tenant, string meetingId, CancellationToken ct);

    /// <summary>Finds a meeting of any tenant. Needed for callers that have only the link, after the Meeting object is deleted.</summary>
    Task<MeetingRow?> FindByIdAsync(string meetingId, CancellationToken ct);

    /// <summary>Marks the meeting as ended. Returns false if it is unknown or already ended.</summary>
    Task<bool> CloseAsync(string tenant, string meetingId, long endTime, CancellationToken ct);

    /// <summary>Reopens the row of a live Meeting object. Does nothing unless the row ended at <paramref name="endTime"/>.</summary>
    Task ReopenAsync(string tenant, string meetingId, long endTime, CancellationToken ct);

    /// <summary>Reads which of the meetings have ended, and which participants hosts removed. Contains no entry for a meeting with neither.</summary>
    Task<IReadOnlyDictionary<string, ModerationState>> ListModerationStatesAsync(string tenant, IReadOnlyCollection<string> meetingIds, CancellationToken ct);

    /// <summary>Deletes a meeting whose creation failed, with all dependent rows.</summary>
    Task RemoveAsync(string tenant, string meetingId, CancellationToken ct);
}
