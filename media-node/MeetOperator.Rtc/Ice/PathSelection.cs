namespace MeetOperator.Rtc.Ice;

/// <summary>
/// Decides whether media moves to another address of the peer. A confirmed address takes precedence over an unconfirmed one, because a
/// sender can spoof the source of checks and media, and anyone can replay them. Otherwise the nominated address with the highest priority is selected
/// (RFC 8445 §8.1.1). New authentic media from another address also moves media once the current address is quiet, as after a NAT rebinding.
/// </summary>
internal static class PathSelection
{
    /// <summary>
    /// Silence of the current address after which any valid check moves media. Browsers send checks at least every 2.5 s, and more often without a
    /// response.
    /// </summary>
    internal const long StaleTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>Silence of media at the current address after which media from another address moves it. Longer than reordering between two paths, and
    /// short enough for a user who waits for video.</summary>
    internal const long QuietTicks = 300 * TimeSpan.TicksPerMillisecond;

    internal static bool ShouldSwitch(long nowTicks, IcePath? current, IcePath candidate, PathEvidence evidence)
    {
        if (current is null || candidate == current)
        {
            return current is null;
        }

        if (current.IsClosed || nowTicks - current.LastReceivedTicks > StaleTicks)
        {
            return true;
        }

        if (candidate.IsConfirmed != current.IsConfirmed)
        {
            return candidate.IsConfirmed;
        }

        if (candidate.IsNominated && !current.IsNominated)
        {
            return true;
        }

        var outranks = candidate.IsNominated && candidate.Priority > current.Priority;
        return (outranks && evidence != PathEvidence.Check)
            || (evidence == PathEvidence.Media && nowTicks - current.LastActiveTicks > QuietTicks);
    }
}
