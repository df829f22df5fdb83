namespace MeetOperator.MediaNode.Sessions;

/// <summary>How many tracks one participant may begin: each new one is a new offer for everybody else, and uses up a placement of their sessions.</summary>
internal sealed class TrackLimit
{
    public const int Burst = 32;
    private const long TrackTicks = TimeSpan.TicksPerSecond;
    private long _paidUntil;

    /// <summary>True when the whole burst is available again.</summary>
    public bool IsWhole(long nowTicks) => _paidUntil <= nowTicks;

    /// <summary>Takes all of them or none; <paramref name="wait"/> is how long until so many are available.</summary>
    public bool TryTake(long nowTicks, int tracks, out TimeSpan wait)
    {
        var paidUntil = Math.Max(_paidUntil, nowTicks) + (tracks * TrackTicks);
        wait = TimeSpan.FromTicks(Math.Max(0, paidUntil - nowTicks - (Burst * TrackTicks)));
        if (tracks > 0 && wait > TimeSpan.Zero)
        {
            return false;
        }

        _paidUntil = paidUntil;
        return true;
    }
}
