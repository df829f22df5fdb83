using System.Text.Json;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Reads and writes the records of pools in the installation's Secret. Writes fail with a conflict if somebody else has changed it, and are then decided again.</summary>
internal sealed class TurnSecrets(KubeClient client, OperatorOptions options)
{
    private NamespacedName Key => new(options.Namespace, options.Turn.Secret);

    /// <summary>The record of a pool; an empty one for a new pool, or if the stored one belongs to an earlier pool with the same name or cannot be parsed.</summary>
    public async Task<TurnRecord> ReadAsync(TurnPool pool, CancellationToken ct)
    {
        var fresh = new TurnRecord { Uid = pool.Metadata.Uid!, Namespace = pool.Metadata.Namespace! };
        try
        {
            return (await client.TryGetAsync<Secret>(Key, ct).ConfigureAwait(false))?.GetBytes(EntryOf(pool.Metadata.NamespacedName)) is { } stored
                && JsonSerializer.Deserialize<TurnRecord>(stored, KubeJson.Options) is { } record && record.Uid == pool.Metadata.Uid ? record : fresh;
        }
        catch (JsonException)
        {
            return fresh;
        }
    }

    /// <summary>Stores the record of a pool, or removes it (null). Does nothing when it is stored already.</summary>
    public async Task WriteAsync(NamespacedName pool, TurnRecord? record, CancellationToken ct)
    {
        var secret = await client.TryGetAsync<Secret>(Key, ct).ConfigureAwait(false);
        var name = EntryOf(pool);
        var before = secret?.Data?.TryGetValue(name, out var stored) == true ? stored : null;
        var next = record is null ? null : Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options));
        if (before == next)
        {
            return;
        }

        var isNew = secret is null;
        secret ??= new Secret { Metadata = new ObjectMeta { Name = Key.Name, Namespace = Key.Namespace }, Type = "Opaque" };
        secret.Data ??= new Dictionary<string, string>();
        if (next is null)
        {
            secret.Data.Remove(name);
        }
        else
        {
            secret.Data[name] = next;
        }

        await (isNew ? client.CreateAsync(secret, ct) : client.ReplaceAsync(secret, ct)).ConfigureAwait(false);
    }

    private static string EntryOf(NamespacedName pool) => TurnRecord.EntryOf(pool.Namespace!, pool.Name);
}
