using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Finds the tenant of an API key. Keys live in Secrets of the tenants' own namespaces, as text or as <c>sha256:&lt;hex&gt;</c>; only hashes
/// are kept in memory, for <see cref="CacheFor"/>, so that a revoked key is dead soon.
/// </summary>
public sealed partial class ApiKeys(Informer<Tenant> tenants, KubeClient kube, TimeProvider time, ILogger<ApiKeys> logger)
{
    public static readonly TimeSpan CacheFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CacheUnknownFor = TimeSpan.FromSeconds(1);
    private const int MinLength = 16;
    private const int MaxLength = 512;
    private const string HashPrefix = "sha256:";

    private readonly ConcurrentDictionary<NamespacedName, Cached> secrets = new();

    /// <summary>Null for a key of nobody. While a Secret could never be read, nobody can tell whose a key is: that is a problem, not a refusal.</summary>
    public async Task<Tenant?> FindTenantAsync(string key, CancellationToken ct)
    {
        if (key.Length is < MinLength or > MaxLength)
        {
            return null;
        }

        var presented = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        Tenant? found = null;
        var allKnown = true;
        foreach (var tenant in tenants.List())
        {
            foreach (var apiKey in tenant.Spec.ApiKeys)
            {
                // Every key is compared, also after a match, so that time tells nothing about which tenant it was.
                var (stored, isKnown) = await HashOfAsync(tenant.Spec.Namespace, apiKey.SecretRef, ct).ConfigureAwait(false);
                allKnown &= isKnown;
                if (stored is not null && CryptographicOperations.FixedTimeEquals(stored, presented))
                {
                    found ??= tenant;
                }
            }
        }

        return found is not null || allKnown
            ? found
            : throw new ProblemException(ProblemCode.Unavailable, "The API key cannot be checked now: the Kubernetes API server does not answer.") { RetryAfter = TimeSpan.FromSeconds(2) };
    }

    /// <summary>The SHA-256 that a Secret's entry stands for; null when it cannot be a key.</summary>
    internal static byte[]? ParseStored(byte[] value)
    {
        var text = Encoding.UTF8.GetString(value).Trim();
        if (!text.StartsWith(HashPrefix, StringComparison.Ordinal))
        {
            return text.Length >= MinLength ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : null;
        }

        var hash = new byte[SHA256.HashSizeInBytes];
        return Convert.FromHexString(text.AsSpan(HashPrefix.Length), hash, out var read, out var written) == System.Buffers.OperationStatus.Done
            && written == hash.Length && read == text.Length - HashPrefix.Length ? hash : null;
    }

    private async Task<(byte[]? Hash, bool IsKnown)> HashOfAsync(string @namespace, SecretKeyReference reference, CancellationToken ct)
    {
        var name = new NamespacedName(@namespace, reference.Name);
        if (!secrets.TryGetValue(name, out var cached) || time.GetElapsedTime(cached.ReadAt) > (cached.IsKnown ? CacheFor : CacheUnknownFor))
        {
            cached = await ReadAsync(name, cached, ct).ConfigureAwait(false);
            secrets[name] = cached;
        }

        return (cached.Hashes.GetValueOrDefault(reference.Key), cached.IsKnown);
    }

    private async Task<Cached> ReadAsync(NamespacedName name, Cached? old, CancellationToken ct)
    {
        try
        {
            using var limit = new CancellationTokenSource(ReadWithin, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            var secret = await kube.TryGetAsync<Secret>(name, linked.Token).ConfigureAwait(false);
            var hashes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (var key in secret?.Data?.Keys ?? [])
            {
                if (secret!.GetBytes(key) is { } value && ParseStored(value) is { } hash)
                {
                    hashes[key] = hash;
                }
            }

            return new Cached(hashes, time.GetTimestamp(), IsKnown: true);
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            LogSecretUnreadable(logger, name.ToString(), e.Message);
            return new Cached(old?.Hashes ?? [], time.GetTimestamp(), IsKnown: old?.IsKnown == true || e is KubeApiException);
        }
    }

    [LoggerMessage(3001, LogLevel.Warning, "The Secret {Secret} with API keys of a tenant cannot be read: {Reason}")]
    private static partial void LogSecretUnreadable(ILogger logger, string secret, string reason);

    private sealed record Cached(Dictionary<string, byte[]> Hashes, long ReadAt, bool IsKnown);
}
