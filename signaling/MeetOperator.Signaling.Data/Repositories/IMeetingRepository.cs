namespace MeetOperator.Signaling.Data;

public interface IMeetingRepository
{
    /// <summary>Writes the row unless there is one already; true when it was written.</summary>
    Task<bool> AddAsync(MeetingRow meeting, CancellationToken ct);

    Task<MeetingRow?> FindAsync(string tenant, string meetingId, CancellationToken ct);

    /// <summary>The meeting of whichever tenant: for who holds nothing but its link, after its object is gone.</summary>
    Task<MeetingRow?> FindByIdAsync(string meetingId, CancellationToken ct);

    /// <summary>Marks it ended; false when it is unknown or ended already.</summary>
    Task<bool> CloseAsync(string tenant, string meetingId, long endTime, CancellationToken ct);

    /// <summary>Opens a row again whose object lives although the row ended at <paramref name="endTime"/>.</summary>
    Task ReopenAsync(string tenant, string meetingId, long endTime, CancellationToken ct);

    /// <summary>Which of the meetings have ended, and whom hosts removed from each. Meetings without either are not in it.</summary>
    Task<IReadOnlyDictionary<string, MeetingStanding>> ListStandingsAsync(string tenant, IReadOnlyCollection<string> meetingIds, CancellationToken ct);

    /// <summary>Takes back a meeting whose creation failed halfway, with everything that hangs on it.</summary>
    Task RemoveAsync(string tenant, string meetingId, CancellationToken ct);
}
