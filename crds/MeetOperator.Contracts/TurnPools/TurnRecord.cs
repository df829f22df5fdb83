using System.Text.Json.Serialization;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>
/// What the operator keeps about one TurnPool in the Secret <see cref="SecretName"/> of the installation's own namespace, under the name <see cref="EntryOf"/>: the secrets that
/// its relays accept, and what signaling needs to give participants credentials. Relays get the secrets from the operator, so no other namespace contains them.
/// </summary>
public sealed record TurnRecord
{
    public const string SecretName = "meet-turn";

    /// <summary>UID of the pool. A pool that is created again with the same name gets new secrets.</summary>
    [MaxLength(64)]
    public string Uid { get; init; } = string.Empty;

    /// <summary>Namespace of the pool.</summary>
    [MaxLength(63)]
    public string Namespace { get; init; } = string.Empty;

    /// <summary>True for a pool that serves the meetings of every tenant, otherwise those of the tenant that owns the namespace.</summary>
    public bool IsShared { get; init; }

    /// <summary>Region of the pool; null if it has none.</summary>
    [MaxLength(63)]
    public string? Region { get; init; }

    /// <summary>The relays that take participants, each with its URLs (RFC 7065).</summary>
    [MaxItems(100)]
    public IReadOnlyList<TurnRelay> Relays { get; init; } = [];

    /// <summary>Lifetime of a credential.</summary>
    public int CredentialTtlSeconds { get; init; } = 300;

    /// <summary>All secrets that relays accept.</summary>
    [MaxItems(16)]
    public IReadOnlyList<TurnKey> Keys { get; init; } = [];

    /// <summary>Version of the secret with which credentials are made; every relay in <see cref="Relays"/> has it.</summary>
    public int KeyVersion { get; init; }

    /// <summary>The secret with which credentials are made; null without one.</summary>
    [JsonIgnore]
    public TurnKey? Key => Keys.FirstOrDefault(key => key.Version == KeyVersion);

    /// <summary>Name of the pool's entry in the Secret. Neither part contains a slash or an underscore.</summary>
    public static string EntryOf(string @namespace, string name) => $"{@namespace}_{name}";
}
