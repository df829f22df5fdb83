using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Tenants.ApiKeys;
using MeetOperator.Operator.Quotas;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Builds the status of a tenant from the claim on its namespace. Pure.</summary>
internal static class TenantStatuses
{
    public static TenantStatus Build(Tenant tenant, NamespaceOwnership claim, TenantUsage usage, ApiKeyStates apiKeys, DateTimeOffset now, NodeFailure? held = null)
    {
        var generation = tenant.Metadata.Generation;
        var ready = new Condition
        {
            Type = MeetConditions.Ready,
            Status = claim.IsOwned ? ConditionStatus.True : ConditionStatus.False,
            Reason = claim.Reason,
            Message = claim.Message,
            ObservedGeneration = generation,
        };
        var before = tenant.Status?.Conditions;
        var progress = claim.IsOwned ? ProgressConditions.Reached(before)
            : claim.IsTransient ? ProgressConditions.Reconciling(before, claim.Reason, claim.Message, generation, now)
            : ProgressConditions.Stalled(before, claim.Reason, claim.Message, generation, now);
        progress = held is null ? Conditions.Remove(progress, MeetConditions.DeletionBlocked) : Conditions.Set(
            progress,
            new Condition { Type = MeetConditions.DeletionBlocked, Status = ConditionStatus.True, Reason = held.Reason, Message = held.Message, ObservedGeneration = generation },
            now);
        var full = RelayQuota.FindProblem(tenant.Spec.Quotas, usage);
        progress = ProblemConditions.Set(progress, MeetConditions.RelayQuotaReached, full, generation, now);
        return new TenantStatus
        {
            ObservedGeneration = generation,
            Message = held?.Message ?? (claim.IsOwned ? apiKeys.FindFailure(tenant)?.Message ?? full?.Message : null) ?? claim.Message,
            Usage = usage,
            Conditions = [.. apiKeys.Apply(tenant, Conditions.Set(progress, ready, now), now)],
        };
    }
}
