namespace MeetOperator.Placement.Decisions;

/// <summary>The outcome of a placement.</summary>
public enum PlacementOutcome
{
    /// <summary>The meeting had no node and one was chosen.</summary>
    Placed,

    /// <summary>The meeting stays on its current node.</summary>
    Kept,

    /// <summary>Another node is prepared beside the present ones, so that the meeting can move to it without a break, or use it too.</summary>
    Preparing,

    /// <summary>A standby is linked with the meeting's nodes and can take over.</summary>
    StandbyReady,

    /// <summary>Participants can use a further node.</summary>
    Extended,

    /// <summary>Participants now use another node, or the restarted one.</summary>
    Moved,

    /// <summary>A node that the meeting was leaving is free.</summary>
    Left,

    /// <summary>The meeting gives up a node that was being prepared, or leaves one that it no longer needs or that must not be used any more. Its origin stays.</summary>
    Reduced,

    /// <summary>No node exists in the pools that the meeting may use.</summary>
    NoCandidates,

    /// <summary>Nodes exist, but every one was rejected.</summary>
    NoCapacity,
}
