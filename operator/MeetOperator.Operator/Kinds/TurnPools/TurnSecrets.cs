using System.Collections.Concurrent;
using System.Text.Json;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>
/// Reads and writes the records of pools in the installation's Secret, one entry for each pool. A write fails with a conflict if the entry is no longer the one from which it was decided, for example because
/// an operator that was suspended goes on while another one leads; it is then decided again.
/// A record that cannot be stored is reported and not thrown, because the relays of the pool need their state nevertheless.
/// </summary>
internal sealed class TurnSecrets(KubeClient client, OperatorOptions options) : IDisposable
{
    /// <summary>The API server refuses a Secret with more than 1 MiB of data. The rest of it is for pools of the installation.</summary>
    private const int MaxBytes = 1_000_000;
    private const int MaxBytesWithTenants = 750_000;

    /// <summary>The newest record that was read or stored, by UID of the pool, for the time in which the Secret cannot be read or has lost it.</summary>
    private readonly ConcurrentDictionary<string, TurnRecord> _known = new(StringComparer.Ordinal);

    /// <summary>Pools are reconciled concurrently, and each write replaces the whole Secret.</summary>
    private readonly SemaphoreSlim _gate = new(1);

    private NamespacedName Key => new(options.Namespace, options.Turn.Secret);

    /// <summary>The record of a pool; an empty one for a new pool, or if the stored one belongs to an earlier pool with the same name or cannot be parsed.</summary>
    public async Task<TurnRecord> ReadAsync(TurnPool pool, CancellationToken ct)
    {
        var uid = pool.Metadata.Uid!;
        try
        {
            var entry = (await client.TryGetAsync<Secret>(Key, ct).ConfigureAwait(false))?.Data?.TryGetValue(EntryOf(pool.Metadata.NamespacedName), out var stored) == true ? stored : null;
            if (Parse(entry, uid) is not { } record)
            {
                return new TurnRecord { Uid = uid, Namespace = pool.Metadata.Namespace! };
            }

            _known.AddOrUpdate(uid, record, (_, known) => record.Key is null || record.KeyVersion < known.KeyVersion ? known : record);
            return record;
        }
        catch (Exception error) when (error is KubeApiException or HttpRequestException && _known.TryGetValue(uid, out var known))
        {
            return known;
        }
    }

    /// <summary>The newest record of a pool that this process has read or stored; null without one.</summary>
    public TurnRecord? FindKnown(TurnPool pool) => _known.TryGetValue(pool.Metadata.Uid!, out var known) ? known : null;

    /// <summary>Stores the record of a pool that was decided from <paramref name="before"/>. Does nothing when it is stored already. Returns null, or why it is not stored.</summary>
    /// <exception cref="KubeApiException">A conflict: another record than <paramref name="before"/> is stored.</exception>
    public async Task<NodeFailure?> WriteAsync(NamespacedName pool, TurnRecord before, TurnRecord next, CancellationToken ct)
    {
        var failure = await TryChangeAsync(data => Set(data, EntryOf(pool), before, next), ct).ConfigureAwait(false);
        if (failure is null)
        {
            _known[next.Uid] = next;
        }

        return failure;
    }

    /// <summary>Removes the record of a pool. Returns null, or why it is still stored.</summary>
    public Task<NodeFailure?> RemoveAsync(NamespacedName pool, CancellationToken ct) => TryChangeAsync(data => (data.Remove(EntryOf(pool)), null), ct);

    /// <summary>Removes the entries of pools that do not exist, which were deleted while no operator ran.</summary>
    /// <param name="exists">Whether a pool exists, by the name of its entry. It is asked after the Secret was read, so that a pool with an entry is known.</param>
    /// <param name="ct">Cancels the requests.</param>
    public async Task SweepAsync(Func<string, bool> exists, CancellationToken ct)
    {
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await ChangeAsync(
                data =>
                {
                    var gone = data.Keys.Where(entry => !exists(entry)).ToList();
                    gone.ForEach(entry => data.Remove(entry));
                    return (gone.Count > 0, null);
                },
                ct).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Forget(IEnumerable<string> existing)
    {
        foreach (var gone in _known.Keys.Except(existing).ToList())
        {
            _known.TryRemove(gone, out _);
        }
    }

    public void Dispose() => _gate.Dispose();

    private static NodeFailure NotWritten(string why) =>
        new("SecretNotWritten", $"the Secret of relays cannot be written, so participants get what was stored before: {why}") { RequiresIntervention = false };

    private async Task<NodeFailure?> TryChangeAsync(Func<IDictionary<string, string>, (bool IsChanged, NodeFailure? Failure)> change, CancellationToken ct)
    {
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return await ChangeAsync(change, ct).ConfigureAwait(false);
        }
        catch (KubeApiException error) when (!error.IsConflict)
        {
            return NotWritten(error.Status.Message ?? error.Message);
        }
        catch (HttpRequestException error)
        {
            return NotWritten(error.Message);
        }
        finally
        {
            _gate.Release();
        }
    }

    private (bool IsChanged, NodeFailure? Failure) Set(IDictionary<string, string> data, string entry, TurnRecord before, TurnRecord next)
    {
        var stored = data.TryGetValue(entry, out var found) ? found : null;
        var written = Write(next);
        if (stored == written)
        {
            return (false, null);
        }

        if (Parse(stored, before.Uid) is { } record ? Write(record) != Write(before) : before.Keys.Count > 0)
        {
            throw new KubeApiException(new Status { Code = 409, Reason = "Conflict", Message = $"entry {entry} of Secret {Key} has changed" });
        }

        data[entry] = written;
        return written.Length > (stored?.Length ?? 0) && data.Values.Sum(value => (long)value.Length) * 3 / 4 > (next.IsShared ? MaxBytes : MaxBytesWithTenants)
            ? (false, new NodeFailure("SecretFull", $"Secret {Key} has no room for the relays of another pool: delete TurnPools, or lower their spec.replicas or spec.autoscaling.max"))
            : (true, null);
    }

    private async Task<NodeFailure?> ChangeAsync(Func<IDictionary<string, string>, (bool IsChanged, NodeFailure? Failure)> change, CancellationToken ct)
    {
        var secret = await client.TryGetAsync<Secret>(Key, ct).ConfigureAwait(false);
        var isNew = secret is null;
        secret ??= new Secret { Metadata = new ObjectMeta { Name = Key.Name, Namespace = Key.Namespace }, Type = "Opaque" };
        secret.Data ??= new Dictionary<string, string>();
        var (isChanged, failure) = change(secret.Data);
        if (isChanged)
        {
            await (isNew ? client.CreateAsync(secret, ct) : client.ReplaceAsync(secret, ct)).ConfigureAwait(false);
        }

        return failure;
    }

    private static string Write(TurnRecord record) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options));

    /// <summary>The record in an entry; null if there is none, if it cannot be parsed, or if it belongs to another pool: the pool then gets another secret.</summary>
    private static TurnRecord? Parse(string? entry, string uid)
    {
        try
        {
            return entry is not null && JsonSerializer.Deserialize<TurnRecord>(Convert.FromBase64String(entry), KubeJson.Options) is { } record && record.Uid == uid ? record : null;
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string EntryOf(NamespacedName pool) => TurnRecord.EntryOf(pool.Namespace!, pool.Name);
}
