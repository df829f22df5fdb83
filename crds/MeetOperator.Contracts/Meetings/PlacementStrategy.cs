namespace MeetOperator.Contracts.Meetings;

/// <summary>How to choose among suitable media nodes: fill the fullest first, or spread meetings evenly.</summary>
public enum PlacementStrategy
{
    Packed,
    Distributed,
}
