using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>Finds the tenant of an API key by the hashes that the operator keeps (<see cref="ApiKeyHashes"/>). The keys themselves, and the Secrets that hold them, are not read here.</summary>
public sealed class ApiKeys
{
    private const string ByHash = "hash";

    private readonly Informer<Tenant> tenants;
    private readonly Informer<ConfigMap> hashes;
    private readonly string ownNamespace;

    public ApiKeys(Informer<Tenant> tenants, Informer<ConfigMap> hashes, SignalingOptions options)
    {
        this.tenants = tenants;
        this.hashes = hashes;
        ownNamespace = options.Namespace;

        // Looked up by hash: how long that takes tells nothing of a key whose hash nobody can choose.
        hashes.AddIndex(ByHash, map => map.Data?.Values ?? []);
    }

    /// <summary>Which ConfigMaps hold the hashes.</summary>
    public static InformerOptions Where(SignalingOptions options) =>
        new() { Namespace = options.Namespace, LabelSelector = $"{MeetLabels.Component}={MeetComponents.ApiKeys}" };

    /// <summary>Null for a key of nobody. While the keys of some tenant are not known here yet, nobody can tell whose a key is: that is a problem, not a refusal.</summary>
    public Tenant? FindTenant(string key)
    {
        if (ApiKeyHashes.Of(key) is not { } hash)
        {
            return null;
        }

        foreach (var map in hashes.ByIndex(ByHash, hash))
        {
            if (OwnerOf(map) is { } tenant && tenant.Spec.ApiKeys.Any(apiKey => map.Data!.TryGetValue(apiKey.Name, out var stored) && stored == hash))
            {
                return tenant;
            }
        }

        return tenants.HasSynced && hashes.HasSynced && tenants.List().All(tenant => tenant.Spec.ApiKeys.Count == 0 || tenant.Metadata.DeletionTimestamp is not null || hashes.Get(new NamespacedName(ownNamespace, ApiKeyHashes.NameOf(tenant))) is not null)
            ? null
            : throw new ProblemException(ProblemCode.Unavailable, "The API key cannot be checked yet: the keys of some tenants have not been read.") { RetryAfter = TimeSpan.FromSeconds(2) };
    }

    /// <summary>The tenant that exists now, not one of the same name before it.</summary>
    private Tenant? OwnerOf(ConfigMap map) =>
        map.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var name) == true
        && tenants.Get(new NamespacedName(null, name)) is { } tenant
        && ApiKeyHashes.NameOf(tenant) == map.Metadata.Name ? tenant : null;
}
