namespace MeetOperator.Rtp.Reception;

/// <summary>Limits and intervals of a <see cref="NackGenerator"/>. Times are in 100 ns ticks.</summary>
public sealed record NackOptions
{
    /// <summary>Delay before the first request, in which a reordered packet can still arrive.</summary>
    public long ReorderTicks { get; init; } = 5 * TimeSpan.TicksPerMillisecond;

    /// <summary>
    /// Minimum time between the first two requests for the same packet, when the round trip is shorter. It doubles with every second request, so
    /// that an interruption of the path causes few of them.
    /// </summary>
    public long MinimumIntervalTicks { get; init; } = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Round-trip time that is assumed before the first measurement.</summary>
    public long AssumedRoundTripTicks { get; init; } = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>Maximum age of a missing packet; a decoder does not wait longer. On a path with a long round trip the limit is four round trips, at most
    /// twice this value.</summary>
    public long MaximumAgeTicks { get; init; } = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Maximum number of missing packets. Above it, the generator requests a key frame instead.</summary>
    public int MaximumMissing { get; init; } = 512;
}
