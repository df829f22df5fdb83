namespace MeetOperator.Rtp.Reception;

/// <summary>How patient a <see cref="NackGenerator"/> is. Times are 100 ns ticks.</summary>
public sealed record NackOptions
{
    /// <summary>Time that a missing packet has to arrive late by itself before it is asked for.</summary>
    public long ReorderTicks { get; init; } = 5 * TimeSpan.TicksPerMillisecond;

    /// <summary>
    /// Least time between the first two requests for the same packet, when the round trip is shorter. It doubles with every second request, so that
    /// requests do not run out while a path is interrupted for a moment.
    /// </summary>
    public long MinimumIntervalTicks { get; init; } = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Round trip to go by as long as none was measured.</summary>
    public long AssumedRoundTripTicks { get; init; } = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>Requests after which a packet is given up.</summary>
    public int MaximumRequests { get; init; } = 10;

    /// <summary>Age after which a packet is given up: a decoder would hardly wait longer. Over a long path the time of four requests, up to twice as much.</summary>
    public long MaximumAgeTicks { get; init; } = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Missing packets beyond which only a key frame helps.</summary>
    public int MaximumMissing { get; init; } = 512;
}
