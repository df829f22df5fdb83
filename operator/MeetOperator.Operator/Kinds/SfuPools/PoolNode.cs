using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The state of one node, as the pool's plan needs it.</summary>
internal sealed record PoolNode
{
    public required string Name { get; init; }
    public required SfuNodeState State { get; init; }

    /// <summary>Created from the pool's current template.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>Deleted or draining, so that it no longer counts as one of the pool's nodes.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Drains because the pool was scaled down, so that the drain can be canceled.</summary>
    public bool CanReturn { get; init; }

    /// <summary>
    /// Provides no capacity, because it has failed, or because its cluster node is cordoned. It is replaced, and deleted once its replacement is serving.
    /// </summary>
    public bool IsOutOfService { get; init; }

    /// <summary>No participant can still be connected to it.</summary>
    public bool IsDead { get; init; }

    /// <summary>The failure that blocks its drain, from its status; or null.</summary>
    public NodeFailure? Blocked { get; init; }

    /// <summary>Not serving, and either never has been or needs intervention.</summary>
    public bool IsUnrecoverable { get; init; }

    /// <summary>Has no meeting and no participants according to its own report, so that its deletion disrupts nothing.</summary>
    public bool IsEmpty { get; init; }
    public int Meetings { get; init; }
    public int Participants { get; init; }

    public bool IsReady => State is SfuNodeState.Ready or SfuNodeState.Allocated;
}
