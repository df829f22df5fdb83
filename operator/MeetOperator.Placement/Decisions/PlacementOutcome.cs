namespace MeetOperator.Placement;

/// <summary>What a placement came to.</summary>
public enum PlacementOutcome
{
    /// <summary>A first node was chosen.</summary>
    Placed,

    /// <summary>The current node goes on.</summary>
    Kept,

    /// <summary>Another node, or the restarted one, takes over with a higher generation.</summary>
    Moved,

    /// <summary>No node that the meeting may use exists.</summary>
    NoCandidates,

    /// <summary>Nodes exist and each was turned down.</summary>
    NoCapacity,
}
