namespace MeetOperator.Placement.Decisions;

/// <summary>The outcome of a placement.</summary>
public enum PlacementOutcome
{
    /// <summary>The meeting had no node and one was chosen.</summary>
    Placed,

    /// <summary>The meeting stays on its current node.</summary>
    Kept,

    /// <summary>Another node is prepared beside the current one, so that the meeting can move to it without a break.</summary>
    Preparing,

    /// <summary>Participants now use another node, or the restarted one.</summary>
    Moved,

    /// <summary>A node that the meeting was leaving is free.</summary>
    Left,

    /// <summary>The meeting stays on its origin and gives up a node that was being prepared, or one that it no longer needs.</summary>
    Reduced,

    /// <summary>No node exists in the pools that the meeting may use.</summary>
    NoCandidates,

    /// <summary>Nodes exist, but every one was rejected.</summary>
    NoCapacity,
}
