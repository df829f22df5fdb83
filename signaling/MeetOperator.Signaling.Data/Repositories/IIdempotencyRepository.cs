using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public interface IIdempotencyRepository
{
    /// <summary>Writes the row unless a row with the same key exists that has not expired at <paramref name="now"/>. Returns the stored row.</summary>
    Task<IdempotencyRow> ClaimAsync(IdempotencyRow row, long now, CancellationToken ct);

    /// <summary>Records that the meeting was created. Returns the stored row, with the UID and time of the first call.</summary>
    Task<IdempotencyRow> CompleteAsync(IdempotencyRow row, string? meetingUid, long at, CancellationToken ct);
}
