namespace MeetOperator.Signaling.Data;

public interface IIdempotencyRepository
{
    /// <summary>Writes the row unless one of the same key is there that has not expired by <paramref name="now"/>; the row that is there then.</summary>
    Task<IdempotencyRow> ClaimAsync(IdempotencyRow row, long now, CancellationToken ct);

    /// <summary>Notes that the meeting is made; the row, with uid and time of the first who said so.</summary>
    Task<IdempotencyRow> CompleteAsync(IdempotencyRow row, string? meetingUid, long at, CancellationToken ct);
}
