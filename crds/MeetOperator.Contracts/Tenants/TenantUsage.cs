namespace MeetOperator.Contracts.Tenants;

/// <summary>Current usage of a tenant.</summary>
public sealed record TenantUsage
{
    /// <summary>Number of the tenant's open meetings, without waiting ones. Written by the operator.</summary>
    public int ConcurrentMeetings { get; init; }

    /// <summary>Current number of participants in the tenant's meetings. Written by the operator.</summary>
    public int Participants { get; init; }

    /// <summary>Number of allocations that participants in the tenant's meetings have on relays, of all pools together. Written by the operator.</summary>
    public int TurnAllocations { get; init; }

    /// <summary>Megabits per second that relays forward for the tenant in both directions, on average over the last minute. Written by the operator.</summary>
    public int TurnMbps { get; init; }
}
