namespace MeetOperator.Operator.NodeSets;

/// <summary>Why a set drains one of its nodes.</summary>
internal enum DrainCause
{
    /// <summary>The plan of the set does not need the node, or replaces it.</summary>
    Plan,

    /// <summary>Another node has replaced it, so that its work moves at once.</summary>
    Replacement,

    /// <summary>It has not answered for a long time, and other nodes can take its work, so that this moves at once.</summary>
    GivenUp,

    /// <summary>The object that declares the set is being deleted.</summary>
    Deletion,
}
