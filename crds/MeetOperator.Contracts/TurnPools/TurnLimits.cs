using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>What one participant and one relay may use.</summary>
public sealed record TurnLimits
{
    /// <summary>Allocations of one credential on one relay, 1 to 1000. For each of its two connections, a browser makes one over UDP and one over TCP, for IPv4 and for IPv6: 8, and 16 while new connections replace those; with TLS 12 and 24. Default 24; mutable, by replacing relays.</summary>
    [Range(1, 1_000)]
    [Default("24")]
    public int AllocationsPerCredential { get; init; } = 24;

    /// <summary>Allocations of one relay, 1 to 100000. Default 4000; mutable, by replacing relays.</summary>
    [Range(1, 100_000)]
    [Default("4000")]
    public int AllocationsPerRelay { get; init; } = 4_000;

    /// <summary>Kilobits per second of one allocation in each direction, 64 to 1000000. Default 20000; mutable, by replacing relays.</summary>
    [Range(64, 1_000_000)]
    [Default("20000")]
    public int KbpsPerAllocation { get; init; } = 20_000;
}
