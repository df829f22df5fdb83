namespace MeetOperator.Rtc.Ice;

/// <summary>
/// Whether media moves to another address of the peer. The highest priority that was nominated wins (RFC 8445 §8.1.1), but only among addresses
/// that proved equally much: checks and media can be sent under a forged source, and copied ones from anywhere. Where the peer showed that it can
/// read, new authentic media moves media after it as soon as the former address has fallen quiet: its mapping at a NAT changed.
/// </summary>
internal static class PathChoice
{
    /// <summary>Nothing at all for so long, and any valid check from elsewhere moves media there. Browsers check at least every 2.5 s, and much more often what does not answer.</summary>
    internal const long StaleTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>Longer than packets overtake each other on two paths, and short for who waits for a picture.</summary>
    internal const long QuietTicks = 300 * TimeSpan.TicksPerMillisecond;

    internal static bool Moves(long nowTicks, IcePath? current, IcePath challenger, PathSign sign)
    {
        if (current is null || challenger == current)
        {
            return current is null;
        }

        if (nowTicks - current.LastHeardTicks > StaleTicks)
        {
            return true;
        }

        if (challenger.Proven != current.Proven)
        {
            return challenger.Proven;
        }

        if (challenger.Nominated && !current.Nominated)
        {
            return true;
        }

        var outranks = challenger.Nominated && challenger.Priority > current.Priority;
        return (outranks && sign != PathSign.Check)
            || (sign == PathSign.Media && nowTicks - current.LastActiveTicks > QuietTicks);
    }
}
