using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>One media node of a pool. Meetings are assigned to it, and its users are participants.</summary>
internal sealed record PoolNode : NodeSetMember
{
    public required SfuNodeState State { get; init; }

    /// <summary>The failure that blocks its drain, from its status; or null.</summary>
    public NodeFailure? Blocked { get; init; }

    public override bool IsReady => State is SfuNodeState.Ready or SfuNodeState.Allocated;

    public override bool HasFailed => State == SfuNodeState.Unhealthy;
}
