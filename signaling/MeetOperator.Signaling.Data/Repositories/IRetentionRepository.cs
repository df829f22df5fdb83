using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>Finds open meetings and deletes expired rows, across all tenants.</summary>
public interface IRetentionRepository
{
    /// <summary>Lists up to <paramref name="limit"/> open meetings of all tenants after <paramref name="after"/>, ordered by tenant and ID.</summary>
    Task<IReadOnlyList<MeetingRow>> ListOpenAsync(MeetingRow? after, int limit, CancellationToken ct);

    /// <summary>
    /// Deletes meetings of all tenants that ended before <paramref name="endTime"/> (Unix milliseconds), with all rows that belong to them.
    /// </summary>
    /// <returns>The number of deleted meetings. If it equals <paramref name="limit"/>, there may be more.</returns>
    Task<int> RemoveEndedBeforeAsync(long endTime, int limit, CancellationToken ct);
}
