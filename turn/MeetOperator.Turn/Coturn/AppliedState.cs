using System.Net;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Coturn;

/// <summary>The state that the operator gave last, in memory and in coturn's database. Thread-safe.</summary>
internal sealed class AppliedState(CoturnDatabase database)
{
    private const int MaxSecrets = 16;
    private const int MaxPeers = 10_000;
    private const int MaxSecretLength = 256;
    private readonly Lock _gate = new();
    private volatile TurnState? _current;

    /// <summary>Null until the operator has called.</summary>
    public TurnState? Current => _current;

    /// <summary>Returns why a state is not acceptable, or null. Peers are addresses and never ranges, because coturn would accept those too.</summary>
    public static string? FindProblem(TurnState state) =>
        state.Secrets.Count is 0 or > MaxSecrets || state.Secrets.Any(secret => secret.Length is 0 or > MaxSecretLength) ? "secrets: 1 to 16, each of 1 to 256 characters"
        : state.Peers.Count > MaxPeers ? $"peers: at most {MaxPeers}"
        : state.Peers.FirstOrDefault(peer => !IPAddress.TryParse(peer, out var address) || address.ToString() != peer) is { } wrong ? $"peers: '{wrong}' is not an IP address in its usual form"
        : null;

    /// <summary>Writes the state to the database if it has changed.</summary>
    public void Apply(TurnState next)
    {
        lock (_gate)
        {
            if (_current is { } current && current.Secrets.SequenceEqual(next.Secrets) && current.Peers.SequenceEqual(next.Peers))
            {
                return;
            }

            database.Write(next);
            _current = next;
        }
    }
}
