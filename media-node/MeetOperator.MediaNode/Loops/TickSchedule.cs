namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// When the timers of rooms run. All timers that can be late are due at the same times, because waking up costs more than most timers do. Used on the loop's thread.
/// </summary>
internal sealed class TickSchedule
{
    /// <summary>Interval while media arrives.</summary>
    private const long MediaTicks = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>Interval while there are sessions and none sends media.</summary>
    private const long QuietTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>Interval without sessions.</summary>
    private const long IdleTicks = TimeSpan.TicksPerSecond;
    private bool _hasMedia;

    public long NextTicks { get; private set; }

    /// <summary>
    /// Moves a deadline back to the next time at which other timers run too, by less than a fifth of the time until it. Deadlines that are soon stay as they are.
    /// </summary>
    public static long Align(long nowTicks, long deadlineTicks) => (deadlineTicks - nowTicks) switch
    {
        >= 5 * QuietTicks => After(deadlineTicks - 1, QuietTicks),
        >= 5 * MediaTicks => After(deadlineTicks - 1, MediaTicks),
        _ => deadlineTicks,
    };

    /// <summary>The next time, within 10 ms, at which other timers run too.</summary>
    public static long Next(long nowTicks) => After(nowTicks, MediaTicks);

    /// <summary>Media of a track that is not muted has arrived.</summary>
    public void OnMedia() => _hasMedia = true;

    /// <summary>Commands have run, which may have changed what the timers have to do.</summary>
    public void OnCommands(long nowTicks) => NextTicks = Math.Min(NextTicks, After(nowTicks, MediaTicks));

    /// <summary>Returns true when the timers must run now.</summary>
    public bool TryTake(long nowTicks, bool hasSessions)
    {
        if (nowTicks < NextTicks && !_hasMedia)
        {
            return false;
        }

        if (nowTicks < NextTicks)
        {
            NextTicks = Math.Min(NextTicks, After(nowTicks, MediaTicks));
            return false;
        }

        NextTicks = After(nowTicks, _hasMedia ? MediaTicks : hasSessions ? QuietTicks : IdleTicks);
        _hasMedia = false;
        return true;
    }

    private static long After(long ticks, long interval) => ticks - (ticks % interval) + interval;
}
