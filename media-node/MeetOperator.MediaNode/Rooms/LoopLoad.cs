namespace MeetOperator.MediaNode.Rooms;

/// <summary>The load of one loop, as input of <see cref="LoopChoice"/>.</summary>
/// <param name="Busy">Average share of time that the loop's thread worked in the last seconds, 0 to 1.</param>
/// <param name="Rooms">Number of rooms on the loop.</param>
/// <param name="NewRooms">How many of them are so new that their participants may still be joining.</param>
/// <param name="IsStuck">Whether the thread has not completed an iteration for seconds. Its other figures are then out of date.</param>
internal readonly record struct LoopLoad(double Busy, int Rooms, int NewRooms, bool IsStuck = false);
