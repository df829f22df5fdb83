using System.Text;
using MeetOperator.Contracts.Tenants;

namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>
/// Derives the hashes that signaling compares with from a tenant's Secrets. Pure. A key is revoked when its Secret, or the permission to read it, was removed. A key
/// that could not be read temporarily stays unchanged.
/// </summary>
/// <param name="Hashes">Hashes by key name.</param>
/// <param name="Failure">The failure to report; null when every key is in use.</param>
internal sealed record ApiKeyPlan(IReadOnlyDictionary<string, string> Hashes, ApiKeyFailure? Failure)
{
    private const string HashPrefix = "sha256:";
    private const int HashLength = 64;

    /// <param name="tenant">The tenant.</param>
    /// <param name="owned">Whether the tenant owns its namespace. Secrets in another tenant's namespace are not used.</param>
    /// <param name="read">Result of reading each Secret that the tenant references.</param>
    /// <param name="stored">The hashes that are currently in use.</param>
    /// <param name="grant">The command that allows the operator to read the Secrets.</param>
    public static ApiKeyPlan Decide(
        Tenant tenant, bool owned, IReadOnlyDictionary<string, SecretReading> read, IReadOnlyDictionary<string, string> stored, string grant)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        var failures = new List<ApiKeyFailure>();
        if (!owned)
        {
            return new ApiKeyPlan(hashes, tenant.Spec.ApiKeys.Count == 0 ? null : new ApiKeyFailure(
                "NamespaceNotOwned", $"no API key is in use because the tenant does not own namespace {tenant.Spec.Namespace}: see the Ready condition"));
        }

        foreach (var key in tenant.Spec.ApiKeys)
        {
            var reading = read.GetValueOrDefault(key.SecretRef.Name) ?? SecretReading.Failed(SecretOutcome.Unknown);
            var hash = reading.Outcome == SecretOutcome.Unknown ? stored.GetValueOrDefault(key.Name)
                : reading.Entries.TryGetValue(key.SecretRef.Key, out var value) ? HashOf(value)
                : null;
            if (hash is not null)
            {
                hashes[key.Name] = hash;
            }

            if (FindFailure(tenant, key, reading, hash, grant) is { } failure)
            {
                failures.Add(failure);
            }
        }

        // A missing permission affects all keys and is fixed by one command, so it is reported first.
        return new ApiKeyPlan(hashes, failures.Find(failure => failure.Reason == "Forbidden") ?? failures.FirstOrDefault());
    }

    /// <summary>The hash for an entry of a Secret; null when the entry is not a valid key.</summary>
    internal static string? HashOf(byte[] entry)
    {
        var text = Encoding.UTF8.GetString(entry).Trim();
        if (!text.StartsWith(HashPrefix, StringComparison.Ordinal))
        {
            return ApiKeyHashes.Of(text);
        }

        var hash = text[HashPrefix.Length..].ToLowerInvariant();
        return hash.Length == HashLength && hash.All(char.IsAsciiHexDigitLower) ? hash : null;
    }

    private static ApiKeyFailure? FindFailure(Tenant tenant, TenantApiKey key, SecretReading reading, string? hash, string grant)
    {
        var (place, name, entry) = (tenant.Spec.Namespace, key.SecretRef.Name, key.SecretRef.Key);
        return reading.Outcome switch
        {
            SecretOutcome.Forbidden => new ApiKeyFailure("Forbidden", $"the operator is not allowed to read Secrets in namespace {place}, so no API key works: run {grant}"),
            SecretOutcome.Missing => new ApiKeyFailure("SecretMissing", $"API key {key.Name} does not work: create Secret {name} with the entry {entry} in namespace {place}, or correct spec.apiKeys"),
            SecretOutcome.Unknown when hash is null => new ApiKeyFailure("NotRead", $"API key {key.Name} is not in use yet: Secret {name} in namespace {place} could not be read; will retry"),
            SecretOutcome.Found when !reading.Entries.ContainsKey(entry) => new ApiKeyFailure("SecretMissing", $"API key {key.Name} does not work: Secret {name} in namespace {place} has no entry {entry}"),
            SecretOutcome.Found when hash is null => new ApiKeyFailure(
                "KeyInvalid", $"API key {key.Name} does not work: entry {entry} of Secret {name} must contain {ApiKeyHashes.MinLength} to {ApiKeyHashes.MaxLength} characters, for example from openssl rand -hex 24, or {HashPrefix} and {HashLength} hex digits"),
            _ => null,
        };
    }
}
