using MeetOperator.Contracts;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Pools;

/// <summary>What the pool's plan looks at of one of its nodes.</summary>
internal sealed record PoolNode
{
    public required string Name { get; init; }
    public required SfuNodeState State { get; init; }

    /// <summary>Made from the pool's present template.</summary>
    public required bool Current { get; init; }

    /// <summary>Deleted, or asked to drain: it no longer counts as one of the pool's nodes.</summary>
    public bool Leaving { get; init; }

    /// <summary>It drains because the pool was scaled down, and so may be taken back.</summary>
    public bool MayReturn { get; init; }

    /// <summary>It gives the pool no capacity: it is dead or away, or its machine takes nothing new. It is replaced, and goes when its replacement serves.</summary>
    public bool Out { get; init; }

    /// <summary>Nobody can be on it any more.</summary>
    public bool Dead { get; init; }

    /// <summary>What keeps it from being emptied, as its status says; null when nothing does.</summary>
    public NodeProblem? Blocked { get; init; }

    /// <summary>It does not serve, and either never did or waits for people.</summary>
    public bool Hopeless { get; init; }

    /// <summary>No meeting is on it and its own report names no people, so that nobody notices when it goes.</summary>
    public bool Empty { get; init; }
    public int Meetings { get; init; }
    public int Participants { get; init; }

    public bool Ready => State is SfuNodeState.Ready or SfuNodeState.Allocated;
}
