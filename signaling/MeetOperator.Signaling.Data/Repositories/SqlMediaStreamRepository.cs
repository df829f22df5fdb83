using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlMediaStreamRepository(ISqlDatabase database) : SqlRepository(database), IMediaStreamRepository
{
    public Task SaveAsync(MediaStreamRow stream, CancellationToken ct) =>
        ExecuteAsync(
            stream.Tenant,
            """
            INSERT INTO media_streams (tenant, meeting_id, stream_id, participant_id, stream_type, codec, resolution, bitrate)
            VALUES (@Tenant, @MeetingId, @StreamId, @ParticipantId, @StreamType, @Codec, @Resolution, @Bitrate)
            ON CONFLICT (tenant, meeting_id, stream_id) DO UPDATE SET
              codec = excluded.codec, resolution = excluded.resolution, bitrate = excluded.bitrate
            """,
            stream,
            ct);

    public Task RemoveAsync(string tenant, string meetingId, string streamId, CancellationToken ct) =>
        ExecuteAsync(
            tenant,
            "DELETE FROM media_streams WHERE tenant = @tenant AND meeting_id = @meetingId AND stream_id = @streamId",
            new { tenant, meetingId, streamId },
            ct);
}
