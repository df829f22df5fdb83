namespace MeetOperator.Signaling;

/// <summary>When a media session that the node ended is begun anew: at once, and ever later while the next one ends soon too.</summary>
public sealed class RestartPace
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Last = TimeSpan.FromSeconds(30);

    /// <summary>A session that lasted so long was a good one.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(30);
    private DateTimeOffset? restarts;
    private TimeSpan wait;

    /// <summary>How long to wait with the restart of a session that ended now.</summary>
    public TimeSpan Next(DateTimeOffset now)
    {
        wait = restarts is null || now - restarts > Calm ? TimeSpan.Zero
            : wait == TimeSpan.Zero ? First
            : wait * 2 < Last ? wait * 2 : Last;
        restarts = now + wait;
        return wait;
    }
}
