using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Ports of a pool of relays that come before those of media nodes.</summary>
/// <param name="Claim">The ports.</param>
/// <param name="IsShared">Whether the pool belongs to the installation.</param>
internal sealed record RelayPorts(HostPortClaim Claim, bool IsShared);
