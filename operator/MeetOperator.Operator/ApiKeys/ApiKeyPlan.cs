using System.Text;
using MeetOperator.Contracts;

namespace MeetOperator.Operator.ApiKeys;

/// <summary>
/// From what a tenant's Secrets hold to the hashes that signaling compares with. Pure. A key that cannot be read any more, because the Secret or the right to read
/// it was taken away, is dead; one that could only not be read now stays as it was.
/// </summary>
/// <param name="Hashes">Hash by name of the key.</param>
/// <param name="Problem">Null when every key is in use.</param>
internal sealed record ApiKeyPlan(IReadOnlyDictionary<string, string> Hashes, ApiKeyProblem? Problem)
{
    private const string HashPrefix = "sha256:";
    private const int HashLength = 64;

    /// <param name="tenant">The tenant.</param>
    /// <param name="owned">Whether it owns its namespace: another's Secrets are not its keys.</param>
    /// <param name="read">What came of reading each Secret that it names.</param>
    /// <param name="stored">The hashes in use until now.</param>
    /// <param name="grant">The command that lets the operator read the Secrets.</param>
    public static ApiKeyPlan Decide(
        Tenant tenant, bool owned, IReadOnlyDictionary<string, SecretReading> read, IReadOnlyDictionary<string, string> stored, string grant)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        var problems = new List<ApiKeyProblem>();
        if (!owned)
        {
            return new ApiKeyPlan(hashes, tenant.Spec.ApiKeys.Count == 0 ? null : new ApiKeyProblem(
                "NamespaceNotOwned", $"no API key is in use: namespace {tenant.Spec.Namespace} is not the tenant's own, see the condition Ready"));
        }

        foreach (var key in tenant.Spec.ApiKeys)
        {
            var reading = read.GetValueOrDefault(key.SecretRef.Name) ?? SecretReading.Without(SecretOutcome.Unknown);
            var hash = reading.Outcome == SecretOutcome.Unknown ? stored.GetValueOrDefault(key.Name)
                : reading.Entries.TryGetValue(key.SecretRef.Key, out var value) ? HashOf(value)
                : null;
            if (hash is not null)
            {
                hashes[key.Name] = hash;
            }

            if (ProblemOf(tenant, key, reading, hash, grant) is { } problem)
            {
                problems.Add(problem);
            }
        }

        // What forbids all of them comes first: one command helps.
        return new ApiKeyPlan(hashes, problems.Find(problem => problem.Reason == "Forbidden") ?? problems.FirstOrDefault());
    }

    /// <summary>The hash that an entry of a Secret stands for; null when it cannot be a key.</summary>
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

    private static ApiKeyProblem? ProblemOf(Tenant tenant, TenantApiKey key, SecretReading reading, string? hash, string grant)
    {
        var (place, name, entry) = (tenant.Spec.Namespace, key.SecretRef.Name, key.SecretRef.Key);
        return reading.Outcome switch
        {
            SecretOutcome.Forbidden => new ApiKeyProblem("Forbidden", $"the operator may not read Secrets of namespace {place}, so that no API key in it works: {grant}"),
            SecretOutcome.Missing => new ApiKeyProblem("SecretMissing", $"API key {key.Name} does not work: make Secret {name} in namespace {place} with the entry {entry}, or correct spec.apiKeys"),
            SecretOutcome.Unknown when hash is null => new ApiKeyProblem("NotRead", $"API key {key.Name} is not in use yet: Secret {name} of namespace {place} could not be read now and is read again soon"),
            SecretOutcome.Found when !reading.Entries.ContainsKey(entry) => new ApiKeyProblem("SecretMissing", $"API key {key.Name} does not work: Secret {name} of namespace {place} has no entry {entry}"),
            SecretOutcome.Found when hash is null => new ApiKeyProblem(
                "KeyInvalid", $"API key {key.Name} does not work: entry {entry} of Secret {name} must hold {ApiKeyHashes.MinLength} to {ApiKeyHashes.MaxLength} characters, for example of openssl rand -hex 24, or {HashPrefix} and {HashLength} hex digits"),
            _ => null,
        };
    }
}
