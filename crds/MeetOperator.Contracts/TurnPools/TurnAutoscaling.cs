using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>How many relays a pool has, by what they carry. The operator creates relays at once, and drains one after another when fewer have been enough for 5 minutes.</summary>
public sealed record TurnAutoscaling
{
    /// <summary>The least number of relays, 1 to 100. Default 1; mutable.</summary>
    [Range(1, 100)]
    [Default("1")]
    public int Min { get; init; } = 1;

    /// <summary>The greatest number of relays, 1 to 100. Each needs a cluster node of its own. Required; mutable.</summary>
    [RequiredField]
    [Range(1, 100)]
    public int Max { get; init; }

    /// <summary>Allocations of one relay, 1 to 100000, on average. A browser has 8 for its two connections, 12 with TLS, on each relay that it knows. Optional; mutable.</summary>
    [Range(1, 100_000)]
    public int? TargetAllocationsPerRelay { get; init; }

    /// <summary>Average megabits per second of one relay, 1 to 100000, both directions added up. Optional; mutable.</summary>
    [Range(1, 100_000)]
    public int? TargetMbpsPerRelay { get; init; }
}
