namespace MeetOperator.Placement.Assignments;

/// <summary>What a further node was chosen for. An event names it when the node is given up while it is prepared.</summary>
public enum NodeNeed
{
    /// <summary>Something else, or not known.</summary>
    Other,

    /// <summary>Most places on the other nodes were taken.</summary>
    Places,

    /// <summary>Participants in its region.</summary>
    Region,
}
