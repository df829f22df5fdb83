namespace MeetOperator.TurnControl;

/// <summary>What one tenant uses of a relay.</summary>
public sealed record TenantTraffic
{
    /// <summary>The hash of the tenant in the user names of its credentials, 16 hexadecimal digits.</summary>
    public required string Tenant { get; init; }

    /// <summary>Number of its allocations.</summary>
    public required int Allocations { get; init; }

    /// <summary>Bytes relayed for it, in both directions, since the relay began to count them; less than before when it began again. A lower bound.</summary>
    public required long RelayedBytes { get; init; }
}
