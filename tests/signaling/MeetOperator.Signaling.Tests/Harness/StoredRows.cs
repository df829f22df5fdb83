using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Reads rows of one tenant in ways in which the product does not read them.</summary>
internal sealed class StoredRows(ISqlDatabase database) : SqlRepository(database)
{
    public Task<IReadOnlyList<ParticipantRow>> ListParticipantsAsync(string tenant, string meetingId) =>
        ListAsync<ParticipantRow>(tenant, "SELECT * FROM participants WHERE tenant = @tenant AND meeting_id = @meetingId", new { tenant, meetingId }, default);

    public Task<IReadOnlyList<MediaStreamRow>> ListStreamsAsync(string tenant, string meetingId) =>
        ListAsync<MediaStreamRow>(tenant, "SELECT * FROM media_streams WHERE tenant = @tenant AND meeting_id = @meetingId", new { tenant, meetingId }, default);

    public Task<UserRow?> FindUserAsync(string tenant, string userId) =>
        FirstAsync<UserRow>(tenant, "SELECT * FROM users WHERE tenant = @tenant AND user_id = @userId", new { tenant, userId }, default);
}
