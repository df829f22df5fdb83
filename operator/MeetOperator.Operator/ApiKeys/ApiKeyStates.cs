using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.ApiKeys;

/// <summary>What was last found of each tenant's API keys, for its status. Says nothing of tenants that were not looked at yet.</summary>
internal sealed class ApiKeyStates
{
    private readonly ConcurrentDictionary<NamespacedName, ApiKeyProblem?> _states = new();

    /// <summary>True when it differs from what was known.</summary>
    public bool Set(NamespacedName tenant, ApiKeyProblem? problem)
    {
        var changed = !_states.TryGetValue(tenant, out var known) || known != problem;
        _states[tenant] = problem;
        return changed;
    }

    public void Forget(NamespacedName tenant) => _states.TryRemove(tenant, out _);

    /// <summary>The conditions with the one on API keys as it is to be.</summary>
    public IEnumerable<Condition> Apply(Tenant tenant, IEnumerable<Condition> conditions, DateTimeOffset now)
    {
        if (tenant.Spec.ApiKeys.Count == 0)
        {
            return Conditions.Remove(conditions, MeetConditions.ApiKeysReady);
        }

        return !_states.TryGetValue(tenant.Metadata.NamespacedName, out var problem) ? conditions : Conditions.Set(
            conditions,
            new Condition
            {
                Type = MeetConditions.ApiKeysReady,
                Status = problem is null ? ConditionStatus.True : ConditionStatus.False,
                Reason = problem?.Reason ?? "InUse",
                Message = problem?.Message ?? $"{tenant.Spec.ApiKeys.Count} in use",
                ObservedGeneration = tenant.Metadata.Generation,
            },
            now);
    }

    /// <summary>What keeps the tenant's keys from being used; null when nothing is known to.</summary>
    public ApiKeyProblem? ProblemOf(Tenant tenant) =>
        tenant.Spec.ApiKeys.Count > 0 && _states.TryGetValue(tenant.Metadata.NamespacedName, out var problem) ? problem : null;
}
