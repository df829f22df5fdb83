using MeetOperator.Contracts.Tenants;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>What a pool of relays is checked against.</summary>
internal sealed record TurnPoolClaims
{
    /// <summary>Whether the namespace of the pool is one of the installation's pool namespaces.</summary>
    public bool IsShared { get; init; }

    /// <summary>The tenant that owns the namespace, or null.</summary>
    public Tenant? Tenant { get; init; }

    /// <summary>The host ports of pools that take precedence.</summary>
    public IReadOnlyList<HostPortClaim> Rivals { get; init; } = [];

    /// <summary>Relay ports in the host network that pools of the same namespace which take precedence have.</summary>
    public int HostRelayPorts { get; init; }

    /// <summary>Number of pools in the same namespace that take precedence.</summary>
    public int EarlierInNamespace { get; init; }

    /// <summary>Number of pools in the cluster that take precedence.</summary>
    public int Earlier { get; init; }
}
