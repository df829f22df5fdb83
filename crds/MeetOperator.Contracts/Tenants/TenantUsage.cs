namespace MeetOperator.Contracts.Tenants;

/// <summary>Current usage of a tenant.</summary>
public sealed record TenantUsage
{
    /// <summary>Number of the tenant's open meetings, without waiting ones. Written by the operator.</summary>
    public int ConcurrentMeetings { get; init; }

    /// <summary>Current number of participants in the tenant's meetings. Written by the operator.</summary>
    public int Participants { get; init; }
}
