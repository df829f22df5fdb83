using MeetOperator.Contracts.TurnPools;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>
/// Replaces the secret of a pool without an interrupted call: a new secret is added, then given to every relay, then used for credentials, and the former one is accepted until
/// no credential made with it can be valid. Pure.
/// </summary>
internal static class TurnKeyPlan
{
    /// <summary>The number of secrets that relays accept. With valid settings there are never more, but settings may change.</summary>
    private const int MaxKeys = 16;

    /// <summary>
    /// The record to go on with when the stored one has lost its secrets. Versions go on after the last one, so that nobody takes the next secret for a former one, and relays accept the
    /// secrets that are still known for as long as after a rotation. No relay is named before it has the next secret.
    /// </summary>
    /// <param name="stored">The record as it is stored.</param>
    /// <param name="known">What this process stored last; null if it has stored nothing.</param>
    /// <param name="used">The version in the status of the pool; 0 without one.</param>
    /// <param name="now">The current time.</param>
    /// <returns>Null if nothing is lost.</returns>
    public static TurnRecord? Recover(TurnRecord stored, TurnRecord? known, int used, DateTimeOffset now)
    {
        var last = Math.Max(known?.KeyVersion ?? 0, used);
        return last == 0 || (stored.Key is not null && stored.KeyVersion >= last)
            ? null
            : stored with { Relays = [], Keys = [.. (known?.Keys ?? []).Select(key => key with { RetiredAt = key.RetiredAt ?? now })], KeyVersion = last };
    }

    /// <summary>The secrets to store before relays get them: adds one when there is none or the newest is too old, and removes those that are no longer accepted.</summary>
    public static TurnRecord Prepare(TurnRecord record, TurnAuth auth, DateTimeOffset now, Func<string> createSecret)
    {
        var keys = record.Keys.Where(key => key.RetiredAt is not { } retired || now < retired.AddSeconds(auth.OverlapSeconds)).ToList();
        var newest = keys.MaxBy(key => key.Version);
        var used = keys.FirstOrDefault(key => key.Version == record.KeyVersion && key.RetiredAt is null);
        if (newest is null || used is null)
        {
            // A new pool, or one whose secrets are lost: the next secret is used at once.
            var version = Math.Max(record.KeyVersion, newest?.Version ?? 0) + 1;
            keys.Add(new TurnKey(version, createSecret(), now));
            return record with { Keys = [.. keys.OrderBy(key => key.Version).TakeLast(MaxKeys)], KeyVersion = version };
        }

        // While relays can accept no more, the rotation waits: the secret that was replaced first may still be in use.
        if (keys.Count < MaxKeys && newest.Version == used.Version && now >= NextRotation(record, auth))
        {
            keys.Add(new TurnKey(newest.Version + 1, createSecret(), now));
        }

        return record with { Keys = keys };
    }

    /// <summary>Uses the newest secret for credentials once every relay that takes participants has it.</summary>
    public static TurnRecord Promote(TurnRecord record, bool haveAllNewest, DateTimeOffset now) =>
        record.Keys.MaxBy(key => key.Version) is { } newest && newest.Version != record.KeyVersion && haveAllNewest
            ? record with
            {
                KeyVersion = newest.Version,
                Keys = [.. record.Keys.Select(key => key.Version == newest.Version || key.RetiredAt is not null ? key : key with { RetiredAt = now })],
            }
            : record;

    /// <summary>When the secret in use is to be replaced; null without one.</summary>
    public static DateTimeOffset? NextRotation(TurnRecord record, TurnAuth auth) => record.Key?.CreatedAt.AddHours(auth.RotationHours);
}
