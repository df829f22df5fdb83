using MeetOperator.NodeControl;

namespace MeetOperator.TurnControl;

/// <summary>The state of a relay, in response to <c>PUT /v1/turn</c>.</summary>
public sealed record TurnReport
{
    /// <summary>Whether it relays: an allocation with a credential of its own works.</summary>
    public required bool IsReady { get; init; }

    /// <summary>Why it does not relay; null while it does.</summary>
    public string? Problem { get; init; }

    /// <summary>Number of allocations.</summary>
    public required int Allocations { get; init; }

    /// <summary>Bytes relayed since its start, in both directions; of an allocation that exists, it lags behind.</summary>
    public required long RelayedBytes { get; init; }

    /// <summary>Whether it has as many allocations as it may have, and refuses more.</summary>
    public bool IsFull { get; init; }

    /// <summary>Its clock, in UTC. Relays of earlier versions do not report it.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The credentials for the connection to the operator.</summary>
    public required CredentialReport Credentials { get; init; }
}
