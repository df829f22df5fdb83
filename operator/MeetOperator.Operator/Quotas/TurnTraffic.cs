namespace MeetOperator.Operator.Quotas;

/// <summary>What a relay forwards, from its count of bytes. Relays count the bytes of an allocation in steps, so the rate is an average over a minute. Immutable and pure.</summary>
internal sealed record TurnTraffic
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private const double BitsPerByte = 8;
    private const double Mega = 1_000_000;

    public static TurnTraffic None { get; } = new();

    private IReadOnlyList<Sample> Samples { get; init; } = [];

    /// <summary>Megabits per second; zero for a relay that was seen for less than 5 s.</summary>
    public double Mbps =>
        Samples is [var first, .., var last] && last.At - first.At >= Step ? (last.Bytes - first.Bytes) * BitsPerByte / Mega / (last.At - first.At).TotalSeconds : 0;

    /// <param name="bytes">What the relay has forwarded since its start; less than before after a restart.</param>
    /// <param name="at">Monotonic time.</param>
    public TurnTraffic With(long bytes, TimeSpan at)
    {
        if (Samples is [.., var last] && bytes < last.Bytes)
        {
            return new TurnTraffic { Samples = [new Sample(bytes, at)] };
        }

        // Keeps one sample for each step: the newest one is replaced until it is 5 s later than the one before it.
        var kept = Samples is [.., var before, var newest] && newest.At - before.At < Step ? Samples.SkipLast(1) : Samples;
        return new TurnTraffic { Samples = [.. kept.Where(sample => at - sample.At <= Window), new Sample(bytes, at)] };
    }

    private readonly record struct Sample(long Bytes, TimeSpan At);
}
