using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Signaling.Turn;

/// <summary>
/// Whether a participant gets relays when its tenant has a quota of allocations. The operator counts them, so a tenant can exceed its quota by what joins before the next count. Pure.
/// </summary>
internal static class RelayQuota
{
    /// <summary>True while participants who come get no relays. A quota that was raised or removed applies at once, one that was lowered when the operator has compared it.</summary>
    public static bool IsReached(Tenant tenant) => FindReached(tenant) is not null;

    /// <param name="tenant">The participant's tenant.</param>
    /// <param name="since">Since when the participant is in the meeting, also over another replica.</param>
    /// <param name="hasRelays">Whether it got relays from this replica.</param>
    public static bool Allows(Tenant tenant, DateTimeOffset since, bool hasRelays) => hasRelays || FindReached(tenant) is not { } reached || since < reached.LastTransitionTime;

    private static Condition? FindReached(Tenant tenant) =>
        tenant.Spec.Quotas.TurnAllocations is { } most && tenant.Status is { } status && status.Usage.TurnAllocations >= most
            ? status.Conditions.FirstOrDefault(condition => condition is { Type: MeetConditions.RelayQuotaReached, Status: ConditionStatus.True })
            : null;
}
