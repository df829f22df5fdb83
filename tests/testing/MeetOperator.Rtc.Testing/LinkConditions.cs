namespace MeetOperator.Rtc.Testing;

/// <summary>Conditions of a simulated path. Rates are probabilities for each datagram, 0 to 1.</summary>
public sealed record LinkConditions
{
    public static LinkConditions Perfect { get; } = new();

    public double LossRate { get; init; }

    public double DuplicationRate { get; init; }

    /// <summary>Share of the datagrams that are delayed by <see cref="ReorderDelayTicks"/>, so that later ones overtake them.</summary>
    public double ReorderRate { get; init; }

    public long ReorderDelayTicks { get; init; } = 30 * TimeSpan.TicksPerMillisecond;

    /// <summary>One-way delay.</summary>
    public long DelayTicks { get; init; } = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>Maximum of a uniformly distributed addition to the delay.</summary>
    public long JitterTicks { get; init; }
}
