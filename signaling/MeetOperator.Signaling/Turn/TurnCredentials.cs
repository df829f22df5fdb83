using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Turn;

/// <summary>
/// Makes the credentials of one participant for the relays that its meeting may use ("A REST API For Access To TURN Services", draft-uberti-behave-turn-rest-00). The user name
/// contains the time at which the credential ends, and hashes of tenant, meeting and participant, by which figures, quotas and logs of relays tell them apart: whoever has the ID of a meeting can
/// join it. Pure.
/// </summary>
internal static class TurnCredentials
{
    /// <summary>Number of relays that a client gets: another one in case the first fails. Browsers gather candidates from each of them.</summary>
    private const int MaxRelays = 2;

    /// <summary>Hexadecimal digits of a hash. The first twelve are those by which logs name the same ID (<see cref="Redaction"/>).</summary>
    private const int HashDigits = 16;

    /// <param name="pools">All pools, in any order.</param>
    /// <param name="tenant">The name of the meeting's tenant.</param>
    /// <param name="tenantNamespace">The namespace of the meeting's tenant.</param>
    /// <param name="region">The participant's region; null if it has none.</param>
    /// <param name="nodeRegion">The region of the media node that the participant uses, whose relays come next: media passes through it anyway. Null if it has none.</param>
    /// <param name="meetingId">The meeting.</param>
    /// <param name="participantId">The participant.</param>
    /// <param name="now">The current time.</param>
    /// <param name="rankId">The participant whose relays are chosen, if the credentials are those of another one; null for the participant itself.</param>
    public static TurnGrant Issue(IReadOnlyList<TurnRecord> pools, string tenant, string tenantNamespace, string? region, string? nodeRegion, string meetingId, string participantId, DateTimeOffset now, string? rankId = null)
    {
        var ordered = pools
            .Where(pool => pool.Key is not null && (pool.IsShared || pool.Namespace == tenantNamespace))
            .OrderByDescending(pool => region is not null && pool.Region == region)
            .ThenByDescending(pool => nodeRegion is not null && pool.Region == nodeRegion)
            .ThenBy(pool => pool.IsShared) // A tenant's own relays come before those that all tenants use.
            .ThenBy(pool => pool.Region, StringComparer.Ordinal)
            .ThenBy(pool => pool.Uid, StringComparer.Ordinal)
            .SelectMany(pool => pool.Relays.Where(relay => relay.Urls.Count > 0).OrderBy(relay => Rank(relay, rankId ?? participantId)).Select(relay => (Pool: pool, Relay: relay)))
            .ToArray();
        if (ordered.Length == 0)
        {
            return TurnGrant.None;
        }

        // One of them is the tenant's own, if it has any: only those reach static addresses of its media nodes.
        var (pool, relay) = ordered[0];
        var usable = ordered.Skip(1).OrderByDescending(one => pool.IsShared && !one.Pool.IsShared).Take(MaxRelays - 1).Prepend((Pool: pool, Relay: relay)).ToArray();

        var lifetime = TimeSpan.FromSeconds(usable.Min(one => one.Pool.CredentialTtlSeconds));
        return new TurnGrant([.. usable.Select(one => Server(one.Pool, one.Relay, tenant, meetingId, participantId, now))], now + (lifetime / 2), string.Join('\n', usable.Select(one => BasisOf(one.Pool, one.Relay))));
    }

    /// <summary>The password of a user name.</summary>
    [SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "TURN servers compute the password with HMAC-SHA1.")]
    public static string Password(string secret, string username) =>
        Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));

    private static IceServer Server(TurnRecord pool, TurnRelay relay, string tenant, string meetingId, string participantId, DateTimeOffset now)
    {
        var until = now.ToUnixTimeSeconds() + pool.CredentialTtlSeconds;
        var username = string.Create(CultureInfo.InvariantCulture, $"{until}:{TurnTenant.HashOf(tenant)}:{HashOfId(meetingId)}:{HashOfId(participantId)}");
        return new IceServer(relay.Urls, username, Password(pool.Key!.Secret, username));
    }

    private static string BasisOf(TurnRecord pool, TurnRelay relay) =>
        string.Create(CultureInfo.InvariantCulture, $"{pool.Uid} {Hash(pool.Key!.Secret)} {pool.CredentialTtlSeconds} {relay.Name} {string.Join(' ', relay.Urls)}");

    private static string HashOfId(string id) => Hash(id.ToLowerInvariant());

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashDigits];

    /// <summary>Spreads participants over the relays of a pool. A participant keeps its relays when others are added or removed.</summary>
    private static ulong Rank(TurnRelay relay, string participantId) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{relay.Name} {participantId}")));
}
