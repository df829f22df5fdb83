using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>A secret that the relays of a pool share with signaling.</summary>
/// <param name="Version">Counts the secrets of the pool, from 1.</param>
/// <param name="Secret">The secret, base64 without padding, as text.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="RetiredAt">When signaling stopped using it; null while it may be used.</param>
public sealed record TurnKey(int Version, [property: MaxLength(256)] string Secret, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt = null);
