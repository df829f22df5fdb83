using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>The last result for each tenant's API keys, for its status. Contains no entry for tenants that were not processed yet.</summary>
internal sealed class ApiKeyStates
{
    private readonly ConcurrentDictionary<NamespacedName, ApiKeyFailure?> _states = new();

    /// <summary>Records a result. Returns true when it differs from the previous one.</summary>
    public bool Set(NamespacedName tenant, ApiKeyFailure? failure)
    {
        var changed = !_states.TryGetValue(tenant, out var known) || known != failure;
        _states[tenant] = failure;
        return changed;
    }

    public void Forget(NamespacedName tenant) => _states.TryRemove(tenant, out _);

    /// <summary>Returns the conditions with the current ApiKeysReady condition.</summary>
    public IEnumerable<Condition> Apply(Tenant tenant, IEnumerable<Condition> conditions, DateTimeOffset now)
    {
        if (tenant.Spec.ApiKeys.Count == 0)
        {
            return Conditions.Remove(conditions, MeetConditions.ApiKeysReady);
        }

        return !_states.TryGetValue(tenant.Metadata.NamespacedName, out var failure) ? conditions : Conditions.Set(
            conditions,
            new Condition
            {
                Type = MeetConditions.ApiKeysReady,
                Status = failure is null ? ConditionStatus.True : ConditionStatus.False,
                Reason = failure?.Reason ?? "InUse",
                Message = failure?.Message ?? $"{tenant.Spec.ApiKeys.Count} in use",
                ObservedGeneration = tenant.Metadata.Generation,
            },
            now);
    }

    /// <summary>The failure that keeps the tenant's keys from being used; null when none is known.</summary>
    public ApiKeyFailure? FindFailure(Tenant tenant) =>
        tenant.Spec.ApiKeys.Count > 0 && _states.TryGetValue(tenant.Metadata.NamespacedName, out var failure) ? failure : null;
}
