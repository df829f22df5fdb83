namespace MeetOperator.Contracts;

/// <summary>How a media node is chosen among those that fit: fill busy ones first, or spread.</summary>
public enum PlacementStrategy
{
    Packed,
    Distributed,
}
