using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public interface IMediaStreamRepository
{
    Task SaveAsync(MediaStreamRow stream, CancellationToken ct);

    Task RemoveAsync(string tenant, string meetingId, string streamId, CancellationToken ct);
}
