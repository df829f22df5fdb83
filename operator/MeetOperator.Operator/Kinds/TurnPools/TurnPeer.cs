namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>An address of a media node, as its status has it.</summary>
/// <param name="Address">The IP address.</param>
/// <param name="IsChosenByTenant">True for a static address of a pool in a tenant's namespace, which its author may choose freely.</param>
internal sealed record TurnPeer(string Address, bool IsChosenByTenant);
