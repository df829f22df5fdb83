namespace MeetOperator.Operator.Quotas;

/// <summary>What a tenant uses of all relays.</summary>
/// <param name="Allocations">Number of allocations.</param>
/// <param name="Mbps">Megabits per second in both directions, on average over a minute.</param>
internal readonly record struct RelayUse(int Allocations, int Mbps);
