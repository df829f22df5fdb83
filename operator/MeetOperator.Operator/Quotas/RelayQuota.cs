using MeetOperator.Contracts.Tenants;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Quotas;

/// <summary>Compares what a tenant uses of relays with its quota. Pure.</summary>
internal static class RelayQuota
{
    /// <summary>Why further participants get no relays, and what to do; null while they get some.</summary>
    public static NodeFailure? FindProblem(TenantQuotas quotas, TenantUsage usage) => quotas.TurnAllocations is { } most && usage.TurnAllocations >= most
        ? new NodeFailure(
            "QuotaReached",
            $"further participants get no relays: the tenant has its quota of {most} allocations or more (status.usage.turnAllocations). Raise or remove spec.quotas.turnAllocations; those who have relays keep them")
        : null;
}
