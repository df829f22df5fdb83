using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Turn;

/// <summary>The relays that a participant may use.</summary>
/// <param name="IceServers">The relays with credentials, in the order in which the client should prefer them.</param>
/// <param name="RefreshAt">When the client needs new credentials: after half of their lifetime. Null when there are none.</param>
/// <param name="Basis">What the credentials were made of, without their time and without secrets. Credentials of the same basis stay of use as long as they last.</param>
internal sealed record TurnGrant(IReadOnlyList<IceServer> IceServers, DateTimeOffset? RefreshAt, string Basis)
{
    public static TurnGrant None { get; } = new([], null, string.Empty);
}
