using MeetOperator.Contracts.TurnPools;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>How many relays a pool with autoscaling should have. Remembers what was needed lately, so that a short pause drains no relay, and drains one after another. Immutable and pure.</summary>
internal sealed record TurnScaling
{
    /// <summary>How long fewer relays must have been enough before one is drained.</summary>
    public static readonly TimeSpan Stabilization = TimeSpan.FromMinutes(5);

    /// <summary>After a longer time without a look at the relays, nothing is known about that time.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(1);

    /// <summary>A relay is not needed only if the others would carry no more than this part of their target.</summary>
    private const double Headroom = 0.9;

    /// <summary>The number of relays that the pool should have.</summary>
    public int Desired { get; private init; }

    /// <summary>The numbers of relays that were needed in the last 5 minutes, each with the time when it was last needed; descending.</summary>
    private IReadOnlyList<(int Needed, TimeSpan At)> Lately { get; init; } = [];

    private TimeSpan LookedAt { get; init; }

    /// <param name="desired">The number of relays that there should be so far.</param>
    /// <param name="at">Monotonic time.</param>
    public static TurnScaling Begin(int desired, TimeSpan at) => new() { Desired = desired, Lately = [(desired, at)], LookedAt = at };

    /// <param name="spec">What is wanted.</param>
    /// <param name="relays">The relays of the pool.</param>
    /// <param name="at">Monotonic time.</param>
    public TurnScaling Next(TurnAutoscaling spec, IReadOnlyList<Relay> relays, TimeSpan at)
    {
        if (at - LookedAt > LongestGap)
        {
            return Begin(Desired, at).Next(spec, relays, at);
        }

        var needed = Allowed(Needed(spec, relays));
        (int Needed, TimeSpan At)[] lately = [.. Lately.Where(one => at - one.At < Stabilization && one.Needed > needed), (needed, at)];
        var (wanted, present) = (Allowed(lately[0].Needed), Allowed(Desired));
        var desired = wanted >= present ? wanted : relays.Any(relay => relay.IsLeaving) ? present : present - 1; // Everybody on a relay that drains goes to the others.
        return new TurnScaling { Desired = desired, Lately = lately, LookedAt = at };

        int Allowed(int count) => Math.Clamp(count, spec.Min, Math.Max(spec.Min, spec.Max));
    }

    private int Needed(TurnAutoscaling spec, IReadOnlyList<Relay> relays)
    {
        // Those who use a relay that drains will use another one.
        var loaded = relays.Where(relay => !relay.HasFailed).ToArray();
        var needed = Math.Max(For(loaded.Sum(relay => (double)relay.Allocations), spec.TargetAllocationsPerRelay), For(loaded.Sum(relay => relay.Mbps), spec.TargetMbpsPerRelay));
        var serving = loaded.Where(relay => !relay.IsLeaving).ToArray();
        if (serving.Any(relay => relay.IsFull))
        {
            // What a full relay refuses is not counted. Others may have room for it.
            return Math.Max(needed, serving.Length >= Desired && serving.All(relay => relay is { IsReady: true, IsFull: true }) ? Desired + 1 : Desired);
        }

        // What a relay carries that does not answer is not known. One without an address carries nothing.
        return loaded.Any(relay => relay is { HasAnswered: false, IsStarting: false, Urls.Count: > 0 }) ? Math.Max(needed, Desired) : needed;
    }

    private int For(double load, int? target)
    {
        if (target is not { } each)
        {
            return 0;
        }

        var enough = (int)Math.Ceiling(load / each);
        return enough >= Desired ? enough : Math.Min(Desired, (int)Math.Ceiling(load / (each * Headroom)));
    }
}
