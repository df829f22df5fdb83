namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Decides how long a loop lets datagrams collect after a batch. While all tracks are muted, only silence of microphones, reports and connectivity checks
/// arrive, and waking up for each of them costs more than processing it. Pure; used on the loop's thread.
/// </summary>
internal sealed class QuietRest
{
    /// <summary>How long a datagram can be late.</summary>
    public const long RestTicks = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Time without activity after which the loop rests.</summary>
    private const long QuietTicks = TimeSpan.TicksPerSecond;
    private long _activeTicks = long.MinValue / 2;
    private long _batchTicks = long.MinValue / 2;

    /// <summary>What arrives now must not be late: media of a track that is not muted or is unmuted now, or datagrams of a connection that is not established yet.</summary>
    public void OnActivity(long nowTicks) => _activeTicks = nowTicks;

    /// <summary>A batch was read. Returns how long to rest; 0 to wait for the next datagram, because a rest between rare datagrams would be one more wake-up.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="hasReceived">Whether the batch has datagrams.</param>
    public long AfterBatch(long nowTicks, bool hasReceived)
    {
        if (!hasReceived)
        {
            return 0;
        }

        var isFrequent = nowTicks - _batchTicks <= 2 * RestTicks;
        _batchTicks = nowTicks;
        return isFrequent && nowTicks - _activeTicks >= QuietTicks ? RestTicks : 0;
    }
}
