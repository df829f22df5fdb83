using System.Collections.Concurrent;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>
/// Reads the Secrets with the certificates of pools, one by one by name, and only where a namespace allows it. They are not watched, so a changed Secret takes effect with the next periodic
/// read. Thread-safe.
/// </summary>
internal sealed class TurnCertificates(KubeClient client, OperatorOptions options, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>What was read last, by UID of the pool.</summary>
    private readonly ConcurrentDictionary<string, Reading> _read = new(StringComparer.Ordinal);

    /// <summary>The certificate of a pool, or why it is of no use; null for a pool without TLS.</summary>
    public async Task<TurnCertificate?> ReadAsync(TurnPool pool, CancellationToken ct)
    {
        var uid = pool.Metadata.Uid!;
        if (pool.Spec.Tls is not { } tls)
        {
            _read.TryRemove(uid, out _);
            return null;
        }

        var known = _read.TryGetValue(uid, out var found) && found.Tls == tls ? found : null;
        if (known is not null && time.GetElapsedTime(known.At) < Interval)
        {
            return known.Certificate;
        }

        var next = await ReadSecretAsync(pool, known?.Certificate, ct).ConfigureAwait(false);
        if (next.FindProblem(time.GetUtcNow()) is not null)
        {
            // Relays go on with the former certificate, which is valid for this name.
            next = next with { Host = known?.Certificate.Host ?? TurnUrls.TlsHostOf(pool.Status) ?? next.Host };
        }

        _read[uid] = new Reading(tls, next, time.GetTimestamp());
        return next;
    }

    public void Forget(IEnumerable<string> existing)
    {
        foreach (var gone in _read.Keys.Except(existing).ToList())
        {
            _read.TryRemove(gone, out _);
        }
    }

    private async Task<TurnCertificate> ReadSecretAsync(TurnPool pool, TurnCertificate? known, CancellationToken ct)
    {
        var key = new NamespacedName(pool.Metadata.Namespace, pool.Spec.Tls!.SecretName);
        try
        {
            return TurnCertificate.Read(pool, await client.TryGetAsync<Secret>(key, ct).ConfigureAwait(false));
        }
        catch (KubeApiException error) when (error.IsForbidden)
        {
            return TurnCertificate.Failed(pool, "Forbidden", $"the operator is not allowed to read Secret {key}: run {Grant(pool)}");
        }
        catch (Exception failed) when (failed is KubeApiException or HttpRequestException or TimeoutException && !ct.IsCancellationRequested)
        {
            return known ?? TurnCertificate.Failed(pool, "NotRead", $"Secret {key} could not be read; will retry");
        }
    }

    /// <summary>The commands that allow the operator to read this Secret and no other one.</summary>
    private string Grant(TurnPool pool)
    {
        // The name of the Secret is in that of the Role, so that the commands also work after a change of spec.tls.secretName.
        var (role, @namespace) = ($"relays-{pool.Spec.Tls!.SecretName}", pool.Metadata.Namespace);
        return $"kubectl create role {role} --namespace={@namespace} --verb=get --resource=secrets --resource-name={pool.Spec.Tls.SecretName}"
            + $" && kubectl create rolebinding {role} --namespace={@namespace} --role={role} --serviceaccount={options.Namespace}:{options.ServiceAccount}";
    }

    private sealed record Reading(TurnTls Tls, TurnCertificate Certificate, long At);
}
