namespace MeetOperator.Sfu.Tracks;

/// <summary>Memory that all tracks of one participant together may hold for sending packets again. A track that gets none answers no NACK from its own.</summary>
public sealed class RetransmissionBudget(long bytes)
{
    /// <summary>Twelve cameras of its own, or 160 tracks of others that it takes without RTX; honest clients need one or two.</summary>
    public const long DefaultBytes = 16 * 1024 * 1024;

    public long AvailableBytes { get; private set; } = bytes;

    public bool TryTake(int bytes)
    {
        if (bytes > AvailableBytes)
        {
            return false;
        }

        AvailableBytes -= bytes;
        return true;
    }

    public void Return(int bytes) => AvailableBytes += bytes;
}
