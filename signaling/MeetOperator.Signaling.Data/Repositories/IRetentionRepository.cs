namespace MeetOperator.Signaling.Data;

/// <summary>Finds and removes what is kept no longer, over all tenants.</summary>
public interface IRetentionRepository
{
    /// <summary>Open meetings of any tenant in the order of tenant and id, after <paramref name="after"/>.</summary>
    Task<IReadOnlyList<MeetingRow>> ListOpenAsync(MeetingRow? after, int most, CancellationToken ct);

    /// <summary>Removes meetings of any tenant that ended before <paramref name="endTime"/> (Unix milliseconds), with their participants, streams and chat.</summary>
    /// <returns>How many; when it is <paramref name="most"/> there may be more.</returns>
    Task<int> RemoveEndedBeforeAsync(long endTime, int most, CancellationToken ct);
}
