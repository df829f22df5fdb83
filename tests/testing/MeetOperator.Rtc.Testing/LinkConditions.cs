namespace MeetOperator.Rtc.Testing;

/// <summary>How a simulated path treats datagrams. Rates are probabilities per datagram, 0 to 1.</summary>
public sealed record LinkConditions
{
    public static LinkConditions Perfect { get; } = new();

    public double LossRate { get; init; }

    public double DuplicationRate { get; init; }

    /// <summary>Share of the datagrams that are held back for <see cref="ReorderDelayTicks"/>, so that later ones overtake them.</summary>
    public double ReorderRate { get; init; }

    public long ReorderDelayTicks { get; init; } = 30 * TimeSpan.TicksPerMillisecond;

    /// <summary>One-way delay.</summary>
    public long DelayTicks { get; init; } = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>Evenly spread addition to the delay.</summary>
    public long JitterTicks { get; init; }
}
