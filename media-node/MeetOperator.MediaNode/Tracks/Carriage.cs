namespace MeetOperator.MediaNode.Tracks;

/// <summary>
/// Ranks the carriers of one track over all media nodes of a meeting: the highest carries it. Each publish session gets the number after the highest that its room has seen for
/// the participant, so the newest session wins without a clock. Two rooms that did not know of each other can give the same number; then the generation decides, and then the name.
/// </summary>
/// <param name="Number">Counts the publish sessions of the participant.</param>
/// <param name="Generation">The generation of the room's assignment when the session was opened.</param>
/// <param name="Origin">The media node of the session.</param>
/// <param name="Part">The part of the room there; empty at other media nodes, which do not know it. It decides only between two sessions of one media node.</param>
internal readonly record struct Carriage(uint Number, ulong Generation, string Origin, string Part = "")
{
    public bool IsAbove(in Carriage other) => CompareTo(other) > 0;

    public int CompareTo(in Carriage other) =>
        (Number, Generation).CompareTo((other.Number, other.Generation)) is not 0 and var order ? order
        : string.CompareOrdinal(Origin, other.Origin) is not 0 and var byOrigin ? byOrigin
        : string.CompareOrdinal(Part, other.Part);
}
