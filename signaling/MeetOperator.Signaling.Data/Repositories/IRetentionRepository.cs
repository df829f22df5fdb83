namespace MeetOperator.Signaling.Data;

/// <summary>Removes what is kept no longer.</summary>
public interface IRetentionRepository
{
    /// <summary>Removes meetings of any tenant that ended before <paramref name="endTime"/> (Unix milliseconds), with their participants, streams and chat.</summary>
    /// <returns>How many; when it is <paramref name="most"/> there may be more.</returns>
    Task<int> RemoveEndedBeforeAsync(long endTime, int most, CancellationToken ct);
}
