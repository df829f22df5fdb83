using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Access;

/// <summary>
/// Finds the tenant of an API key by its hash (<see cref="ApiKeyHashes"/>). The operator writes the hashes to ConfigMaps, so this server never reads the keys or
/// their Secrets.
/// </summary>
internal sealed class ApiKeys
{
    private const string ByHash = "hash";

    private readonly Informer<Tenant> _tenants;
    private readonly Informer<ConfigMap> _hashes;
    private readonly string _ownNamespace;

    public ApiKeys(Informer<Tenant> tenants, Informer<ConfigMap> hashes, SignalingOptions options)
    {
        _tenants = tenants;
        _hashes = hashes;
        _ownNamespace = options.Namespace;

        // A lookup by hash needs no constant-time comparison, because callers cannot choose the hash of a key.
        hashes.AddIndex(ByHash, map => map.Data?.Values ?? []);
    }

    /// <summary>Selects the ConfigMaps that contain the hashes.</summary>
    public static InformerOptions Where(SignalingOptions options) =>
        new() { Namespace = options.Namespace, LabelSelector = $"{MeetLabels.Component}={MeetComponents.ApiKeys}" };

    /// <summary>Returns the tenant of the key, or null for an unknown key.</summary>
    /// <exception cref="ProblemException">The key is unknown, but the hashes of some tenants have not been read yet.</exception>
    public Tenant? FindTenant(string key)
    {
        if (ApiKeyHashes.Of(key) is not { } hash)
        {
            return null;
        }

        foreach (var map in _hashes.ByIndex(ByHash, hash))
        {
            if (OwnerOf(map) is { } tenant && tenant.Spec.ApiKeys.Any(apiKey => map.Data!.TryGetValue(apiKey.Name, out var stored) && stored == hash))
            {
                return tenant;
            }
        }

        return _tenants.HasSynced && _hashes.HasSynced && _tenants.List().All(tenant => tenant.Spec.ApiKeys.Count == 0 || tenant.Metadata.DeletionTimestamp is not null || _hashes.Get(new NamespacedName(_ownNamespace, ApiKeyHashes.NameOf(tenant))) is not null)
            ? null
            : throw new ProblemException(ProblemCode.Unavailable, "The API key cannot be verified yet because this server is still reading the keys of some tenants. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
    }

    /// <summary>Returns the current tenant, or null if the ConfigMap belongs to a deleted tenant with the same name.</summary>
    private Tenant? OwnerOf(ConfigMap map) =>
        map.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var name) == true
        && _tenants.Get(new NamespacedName(null, name)) is { } tenant
        && ApiKeyHashes.NameOf(tenant) == map.Metadata.Name ? tenant : null;
}
