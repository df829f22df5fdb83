namespace MeetOperator.Placement.Decisions;

/// <summary>The outcome of a placement.</summary>
public enum PlacementOutcome
{
    /// <summary>The meeting had no node and one was chosen.</summary>
    Placed,

    /// <summary>The meeting stays on its current node.</summary>
    Kept,

    /// <summary>The meeting moved to another node, or to the restarted one, with a higher generation.</summary>
    Moved,

    /// <summary>No node exists in the pools that the meeting may use.</summary>
    NoCandidates,

    /// <summary>Nodes exist, but every one was rejected.</summary>
    NoCapacity,
}
