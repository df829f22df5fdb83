using MeetOperator.NodeControl;

namespace MeetOperator.TurnControl;

/// <summary>The state of a relay, in response to <c>PUT /v1/turn</c>.</summary>
public sealed record TurnReport
{
    /// <summary>Number of tenants in a report, which is then below the 64 KiB that the operator reads.</summary>
    public const int MaxTenants = 500;

    /// <summary>Whether it relays: an allocation with a credential of its own works.</summary>
    public required bool IsReady { get; init; }

    /// <summary>Why it does not relay; null while it does.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether it works but has no allocation left: everybody else gets error 486.</summary>
    public bool IsFull { get; init; }

    /// <summary>Number of allocations.</summary>
    public required int Allocations { get; init; }

    /// <summary>Bytes relayed since its start, in both directions; of an allocation that exists, it lags behind. A lower bound.</summary>
    public required long RelayedBytes { get; init; }

    /// <summary>What tenants use of it, at most <see cref="MaxTenants"/> of them: those with most allocations. Null from an older relay.</summary>
    public IReadOnlyList<TenantTraffic>? Tenants { get; init; }

    /// <summary>The clock of the relay. Credentials end by it, so signaling's clock must agree with it. Null from an older relay.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>When the certificate ends with which it serves TLS; null without TLS, and until it serves one that the operator gave.</summary>
    public DateTimeOffset? CertificateUntil { get; init; }

    /// <summary>The credentials for the connection to the operator.</summary>
    public required CredentialReport Credentials { get; init; }
}
