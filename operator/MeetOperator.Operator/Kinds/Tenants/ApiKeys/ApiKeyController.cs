using System.Collections.Frozen;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>
/// Provides signaling with the hashes of each tenant's API keys. The Secrets are read one by one by name, and only in namespaces that bind the operator's role for it.
/// They are not watched, so a changed Secret takes effect with the next periodic read.
/// </summary>
internal sealed class ApiKeyController(ClusterView cluster, ApiKeyStates states, Action<NamespacedName> wakeTenant, OperatorOptions options) : IReconciler
{
    private static readonly FrozenDictionary<string, string> None = FrozenDictionary<string, string>.Empty;

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.Tenants.Get(key) is not { Metadata.DeletionTimestamp: null } tenant)
        {
            states.Forget(key);
            return ReconcileResult.Done; // The garbage collector deletes the ConfigMap.
        }

        var stored = cluster.ApiKeys.Get(new NamespacedName(options.Namespace, ApiKeyHashes.NameOf(tenant)));
        if (tenant.Spec.ApiKeys.Count == 0 && stored is null)
        {
            states.Forget(key);
            return ReconcileResult.Done;
        }

        var owned = cluster.OwnerOf(tenant.Spec.Namespace) == tenant.Metadata.Name;
        var read = new Dictionary<string, SecretReading>(StringComparer.Ordinal);
        foreach (var name in owned ? tenant.Spec.ApiKeys.Select(apiKey => apiKey.SecretRef.Name).Distinct(StringComparer.Ordinal) : [])
        {
            read[name] = await ReadAsync(new NamespacedName(tenant.Spec.Namespace, name), ct).ConfigureAwait(false);
        }

        IReadOnlyDictionary<string, string> before = stored?.Data is { } data ? data.ToDictionary(StringComparer.Ordinal) : None;
        var plan = ApiKeyPlan.Decide(tenant, owned, read, before, Grant(tenant.Spec.Namespace));
        if (stored is null || before.Count != plan.Hashes.Count || plan.Hashes.Any(hash => before.GetValueOrDefault(hash.Key) != hash.Value))
        {
            var map = ApiKeyMap.Build(tenant, options.Namespace, plan.Hashes);
            await cluster.Client.ApplyAsync(map, new ApplyOptions { FieldManager = FieldManagers.Operator, Force = true }, ct).ConfigureAwait(false);
        }

        if (states.Set(key, plan.Failure))
        {
            wakeTenant(key);
        }

        return tenant.Spec.ApiKeys.Count == 0 ? ReconcileResult.Done : ReconcileResult.After(options.ApiKeyInterval);
    }

    private async Task<SecretReading> ReadAsync(NamespacedName name, CancellationToken ct)
    {
        try
        {
            if (await cluster.Client.TryGetAsync<Secret>(name, ct).ConfigureAwait(false) is not { } secret)
            {
                return SecretReading.Failed(SecretOutcome.Missing);
            }

            var entries = (secret.Data?.Keys ?? []).Select(entry => (entry, Value: secret.GetBytes(entry))).Where(entry => entry.Value is not null);
            return new SecretReading(SecretOutcome.Found, entries.ToDictionary(entry => entry.entry, entry => entry.Value!, StringComparer.Ordinal));
        }
        catch (KubeApiException error) when (error.IsForbidden)
        {
            return SecretReading.Failed(SecretOutcome.Forbidden);
        }
        catch (Exception failed) when (failed is KubeApiException or HttpRequestException or TimeoutException && !ct.IsCancellationRequested)
        {
            return SecretReading.Failed(SecretOutcome.Unknown);
        }
    }

    private string Grant(string @namespace) =>
        $"kubectl create rolebinding {options.TenantSecretsRole} --namespace={@namespace} --clusterrole={options.TenantSecretsRole} --serviceaccount={options.Namespace}:{options.ServiceAccount}";
}
