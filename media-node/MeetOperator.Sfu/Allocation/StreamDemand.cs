namespace MeetOperator.Sfu.Allocation;

/// <summary>What one video stream would take of a receiver's bandwidth. Steps are the qualities that it can be sent in, from the lowest to the highest.</summary>
/// <param name="Rank">The importance of the stream.</param>
/// <param name="Area">The size of the tile in pixels; larger ones come first within a rank. 0 when it is not known.</param>
/// <param name="FirstRate">The index of the lowest step in the list of rates.</param>
/// <param name="Steps">The number of steps; at least one.</param>
/// <param name="Wanted">The highest step that the receiver can use.</param>
/// <param name="Smallest">The highest step of the smallest picture, in which the stream needs the least for all its frames.</param>
/// <param name="Current">The step that is sent now; <see cref="StreamAllocator.Paused"/> for none.</param>
internal readonly record struct StreamDemand(StreamRank Rank, long Area, int FirstRate, int Steps, int Wanted, int Smallest, int Current);
