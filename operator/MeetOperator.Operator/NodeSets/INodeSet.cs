using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.NodeSets;

/// <summary>What is specific to a kind in a set of nodes that one object declares. For one reconcile.</summary>
internal interface INodeSet
{
    /// <summary>Creates one node. Returns null, or the failure and what to do about it.</summary>
    Task<NodeFailure?> CreateAsync(CancellationToken ct);

    /// <summary>Records that the node stays in the set. An outdated or surplus node gets new work only if no other node can take it.</summary>
    void KeepOpen(NodeSetMember node, bool isSurplus);

    /// <summary>Stops new work at an empty node. Returns false if it has got work in the meantime.</summary>
    bool TryClose(string name);

    /// <summary>Requests that the node moves its work away and is then deleted. Has no effect on a node that is draining already.</summary>
    Task DrainAsync(string name, DrainCause cause, CancellationToken ct);

    /// <summary>Cancels the drain of a node.</summary>
    Task BringBackAsync(string name, CancellationToken ct);
}
