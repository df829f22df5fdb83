namespace MeetOperator.Signaling.Media;

/// <summary>Exponential backoff for restarting media sessions that the node ended. The first restart is immediate.</summary>
public sealed class RestartBackoff
{
    private static readonly TimeSpan MinDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    /// <summary>A session that lasted longer resets the backoff.</summary>
    private static readonly TimeSpan ResetAfter = TimeSpan.FromSeconds(30);
    private DateTimeOffset? lastRestart;
    private TimeSpan delay;

    /// <summary>Returns the delay before restarting a session that ended at <paramref name="now"/>.</summary>
    public TimeSpan Next(DateTimeOffset now)
    {
        delay = lastRestart is null || now - lastRestart > ResetAfter ? TimeSpan.Zero
            : delay == TimeSpan.Zero ? MinDelay
            : delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        lastRestart = now + delay;
        return delay;
    }
}
