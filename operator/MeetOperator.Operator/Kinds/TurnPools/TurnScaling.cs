using MeetOperator.Contracts.TurnPools;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>How many relays a pool with autoscaling should have. Remembers what was needed lately, so that a short pause drains no relay. Immutable and pure.</summary>
internal sealed record TurnScaling
{
    /// <summary>Fewer relays must have been enough for so long.</summary>
    public static readonly TimeSpan Stabilization = TimeSpan.FromMinutes(5);

    /// <summary>A relay is not needed only if the others would carry no more than this part of their target.</summary>
    private const double Headroom = 0.9;

    /// <summary>The number of relays that the pool should have.</summary>
    public int Desired { get; private init; }

    /// <summary>The greatest number that was needed, by the time; with falling numbers.</summary>
    private IReadOnlyList<(int Needed, TimeSpan At)> Lately { get; init; } = [];

    /// <param name="existing">The number of relays that a former leader chose.</param>
    /// <param name="at">Monotonic time.</param>
    public static TurnScaling Begin(int existing, TimeSpan at) => new() { Desired = existing, Lately = [(existing, at)] };

    /// <param name="spec">What is wanted.</param>
    /// <param name="relays">The relays of the pool.</param>
    /// <param name="at">Monotonic time.</param>
    public TurnScaling Next(TurnAutoscaling spec, IReadOnlyList<Relay> relays, TimeSpan at)
    {
        var needed = Math.Clamp(Needed(spec, relays), spec.Min, Math.Max(spec.Min, spec.Max));
        (int Needed, TimeSpan At)[] lately = [.. Lately.Where(one => at - one.At < Stabilization && one.Needed > needed), (needed, at)];
        return new TurnScaling { Desired = Math.Clamp(lately[0].Needed, spec.Min, Math.Max(spec.Min, spec.Max)), Lately = lately };
    }

    private int Needed(TurnAutoscaling spec, IReadOnlyList<Relay> relays)
    {
        // Those who use a relay that drains will use another one.
        var loaded = relays.Where(relay => !relay.HasFailed).ToArray();
        var needed = Math.Max(For(loaded.Sum(relay => (double)relay.Allocations), spec.TargetAllocationsPerRelay), For(loaded.Sum(relay => relay.Mbps), spec.TargetMbpsPerRelay));
        var serving = loaded.Where(relay => !relay.IsLeaving).ToArray();
        if (serving.Any(relay => relay.IsFull))
        {
            return Math.Max(needed, serving.Count(relay => !relay.IsStarting) < Desired ? Desired : Desired + 1); // What a full relay refuses is not counted.
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
