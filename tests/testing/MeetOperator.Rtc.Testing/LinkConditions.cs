namespace MeetOperator.Rtc.Testing;

/// <summary>The properties of a simulated path. Rates are probabilities for each datagram, from 0 to 1.</summary>
public sealed record LinkConditions
{
    public static LinkConditions Perfect { get; } = new();

    public double LossRate { get; init; }

    public double DuplicationRate { get; init; }

    /// <summary>Fraction of the datagrams that are delayed by <see cref="ReorderDelayTicks"/>, so that later datagrams overtake them.</summary>
    public double ReorderRate { get; init; }

    public long ReorderDelayTicks { get; init; } = 30 * TimeSpan.TicksPerMillisecond;

    /// <summary>One-way delay.</summary>
    public long DelayTicks { get; init; } = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>Maximum of a uniformly distributed additional delay.</summary>
    public long JitterTicks { get; init; }
}
