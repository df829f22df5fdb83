using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What a tenant uses now.</summary>
public sealed record TenantUsage
{
    /// <summary>Number of the tenant's meetings that are open now, waiting ones not counted. Written by the operator.</summary>
    public int ConcurrentMeetings { get; init; }

    /// <summary>Number of people in the tenant's meetings now. Written by the operator.</summary>
    public int Participants { get; init; }
}
