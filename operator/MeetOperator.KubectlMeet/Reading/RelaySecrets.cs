using System.Text.Json;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.KubectlMeet.Reading;

/// <summary>The secrets of relays, read from the Secret of the installation. No message contains them.</summary>
/// <param name="Data">The Secret; null if it could not be read.</param>
/// <param name="Problem">Why not, and what to do; null if it could.</param>
internal sealed record RelaySecrets(Secret? Data, string? Problem)
{
    /// <param name="client">The cluster.</param>
    /// <param name="installation">Namespace of the operator.</param>
    /// <param name="ct">Cancels the request.</param>
    public static async Task<RelaySecrets> ReadAsync(KubeClient client, string installation, CancellationToken ct)
    {
        var name = $"{installation}/{TurnRecord.SecretName}";
        try
        {
            return await client.TryGetAsync<Secret>(new NamespacedName(installation, TurnRecord.SecretName), ct).ConfigureAwait(false) is { } secret
                ? new RelaySecrets(secret, null)
                : new RelaySecrets(null, $"there is no Secret {name}: name the namespace of the operator with --installation, or look at status.message of the TurnPool");
        }
        catch (KubeApiException refused) when (refused.IsForbidden)
        {
            return new RelaySecrets(null, $"you may not get Secret {name}, from which credentials are made: run the command with that right (kubectl auth can-i get secret/{TurnRecord.SecretName} -n {installation})");
        }
    }

    /// <summary>The secret with which credentials of a pool are made, or why there is none.</summary>
    /// <param name="pool">The pool, as <c>namespace/name</c>.</param>
    /// <param name="uid">Its UID.</param>
    public (string? Secret, string? Problem) Of(string pool, string? uid) => Data is null ? (null, Problem) : Read(Data.GetBytes(EntryOf(pool)), pool, uid);

    /// <summary>The secret in the stored entry of a pool, or why there is none.</summary>
    public static (string? Secret, string? Problem) Read(ReadOnlySpan<byte> stored, string pool, string? uid)
    {
        try
        {
            return stored.Length > 0 && JsonSerializer.Deserialize<TurnRecord>(stored, KubeJson.Options) is { Key.Secret: { } secret } record && record.Uid == uid
                ? (secret, null)
                : (null, $"the Secret has no secret of TurnPool {pool}: see its status.message; the operator creates one within seconds");
        }
        catch (JsonException)
        {
            return (null, $"the entry of TurnPool {pool} in the Secret cannot be read: the operator replaces it within seconds");
        }
    }

    /// <summary>The name of a pool's entry in the Secret.</summary>
    public static string EntryOf(string pool) => TurnRecord.EntryOf(pool[..pool.IndexOf('/', StringComparison.Ordinal)], pool[(pool.IndexOf('/', StringComparison.Ordinal) + 1)..]);

    /// <summary>Without the data.</summary>
    public override string ToString() => nameof(RelaySecrets);
}
