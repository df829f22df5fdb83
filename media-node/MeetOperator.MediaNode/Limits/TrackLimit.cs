namespace MeetOperator.MediaNode.Limits;

/// <summary>
/// Rate limit for the new tracks of one participant. Each new track causes an offer to every other participant and uses up one of the placements of their sessions.
/// </summary>
internal sealed class TrackLimit
{
    public const int Burst = 32;
    private const long TrackTicks = TimeSpan.TicksPerSecond;
    private long _chargedUntilTicks;

    /// <summary>Whether the full burst is available again.</summary>
    public bool IsReplenished(long nowTicks) => _chargedUntilTicks <= nowTicks;

    /// <summary>Takes <paramref name="tracks"/> from the limit, all or none. On failure <paramref name="wait"/> is the time until they are available.</summary>
    public bool TryTake(long nowTicks, int tracks, out TimeSpan wait)
    {
        var chargedUntil = Math.Max(_chargedUntilTicks, nowTicks) + (tracks * TrackTicks);
        wait = TimeSpan.FromTicks(Math.Max(0, chargedUntil - nowTicks - (Burst * TrackTicks)));
        if (tracks > 0 && wait > TimeSpan.Zero)
        {
            return false;
        }

        _chargedUntilTicks = chargedUntil;
        return true;
    }
}
