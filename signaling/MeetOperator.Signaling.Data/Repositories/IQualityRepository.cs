using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>What participants report about their lines and the tracks that they receive. Deleted with their meeting.</summary>
public interface IQualityRepository
{
    /// <summary>
    /// Writes the latest values and adds the sums, all or nothing. A row whose <c>UpdatedAt</c> is not later than the stored one is not added, so a repeated call
    /// adds nothing twice. Rows of a meeting that does not exist are ignored. All rows belong to <paramref name="tenant"/> and <paramref name="meetingId"/>.
    /// </summary>
    Task AddAsync(string tenant, string meetingId, IReadOnlyCollection<QualityLineRow> lines, IReadOnlyCollection<QualityTrackRow> tracks, CancellationToken ct);

    /// <summary>Lists lines with the names of their participants, in the order of the participant's ID, after <paramref name="afterParticipantId"/>.</summary>
    Task<IReadOnlyList<QualityLineRow>> ListLinesAsync(string tenant, string meetingId, string afterParticipantId, int limit, CancellationToken ct);

    /// <summary>Lists the tracks of the participants from one ID to another, inclusive, ordered by receiver, sender and source.</summary>
    Task<IReadOnlyList<QualityTrackRow>> ListTracksAsync(string tenant, string meetingId, string fromParticipantId, string toParticipantId, CancellationToken ct);
}
