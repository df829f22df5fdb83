namespace MeetOperator.Operator.NodeSets;

/// <summary>The state of one node, as the plan of its set needs it.</summary>
internal abstract record NodeSetMember
{
    public required string Name { get; init; }

    /// <summary>True when the node was created from the current template.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>Takes work, or does work already.</summary>
    public abstract bool IsReady { get; }

    /// <summary>Does not respond.</summary>
    public abstract bool HasFailed { get; }

    /// <summary>Deleted or draining, so that it no longer counts as one of the set.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Drains because the set was scaled down, so that the drain can be canceled.</summary>
    public bool CanReturn { get; init; }

    /// <summary>
    /// Provides no capacity, because it has failed, or because its cluster node is cordoned. It is replaced, and deleted once its replacement is serving.
    /// </summary>
    public bool IsOutOfService { get; init; }

    /// <summary>Does not answer this process, and nothing else shows that it has failed. Its users may be connected.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>Is unreachable, and expected to answer again. Until then it provides no capacity, but stays as it is.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>Other nodes, of this set or not, can take each part of its work, checked one by one. Known only while it is unreachable and not awaited.</summary>
    public bool HasPlacesElsewhere { get; init; }

    /// <summary>Name of the unreachable node in whose place it was created, or null.</summary>
    public string? StandsInFor { get; init; }

    /// <summary>No user can still be connected to it.</summary>
    public bool IsDead { get; init; }

    /// <summary>Not serving, and either never has been or needs intervention.</summary>
    public bool IsUnrecoverable { get; init; }

    /// <summary>Has no work and no users according to its own report, so that its deletion disrupts nothing.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Amount of work that is assigned to it; for a media node, meetings.</summary>
    public int Assigned { get; init; }

    /// <summary>Number of those who use it, by its own report; for a media node, participants.</summary>
    public int Users { get; init; }
}
