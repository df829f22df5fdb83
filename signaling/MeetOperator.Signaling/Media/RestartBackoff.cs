namespace MeetOperator.Signaling.Media;

/// <summary>Exponential backoff for restarting media sessions that the node ended. The first restart is immediate.</summary>
internal sealed class RestartBackoff
{
    private static readonly TimeSpan MinDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    /// <summary>A session that lasted longer resets the backoff.</summary>
    private static readonly TimeSpan ResetAfter = TimeSpan.FromSeconds(30);
    private DateTimeOffset? _lastRestart;
    private TimeSpan _delay;

    /// <summary>Returns the delay before restarting a session that ended at <paramref name="now"/>.</summary>
    public TimeSpan Next(DateTimeOffset now)
    {
        _delay = _lastRestart is null || now - _lastRestart > ResetAfter ? TimeSpan.Zero
            : _delay == TimeSpan.Zero ? MinDelay
            : _delay * 2 < MaxDelay ? _delay * 2 : MaxDelay;
        _lastRestart = now + _delay;
        return _delay;
    }
}
