using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>Limits on a tenant's concurrent usage.</summary>
public sealed record TenantQuotas
{
    /// <summary>Maximum number of open meetings, 0 to 1000000. Further meetings wait. Optional; default no limit; mutable.</summary>
    [Range(0, 1_000_000)]
    public int? ConcurrentMeetings { get; init; }

    /// <summary>Maximum number of participants per meeting, 1 to 5000. New meetings with a higher maximum are rejected, and open ones are limited to the quota. Optional; default no limit; mutable.</summary>
    [Range(1, 5000)]
    public int? ParticipantsPerMeeting { get; init; }

    /// <summary>
    /// Number of allocations on relays, 1 to 1000000, from which further participants get no relays. Those who have some keep them, and the number can grow until the operator has counted it.
    /// Usually two to twelve for each participant. Optional; default no limit; mutable.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? TurnAllocations { get; init; }
}
