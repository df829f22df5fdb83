using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>A network whose participants are in a region.</summary>
public sealed record TenantNetwork
{
    /// <summary>The network in CIDR notation, for example 10.20.0.0/16 or 2001:db8::/32, as signaling sees the addresses of participants. Required; mutable.</summary>
    [RequiredField]
    [MaxLength(49)]
    [MinLength(1)]
    [Pattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
    public string Cidr { get; init; } = string.Empty;

    /// <summary>Region of participants in the network, as in the pools. Required; mutable.</summary>
    [RequiredField]
    [MaxLength(63)]
    [MinLength(1)]
    public string Region { get; init; } = string.Empty;
}
