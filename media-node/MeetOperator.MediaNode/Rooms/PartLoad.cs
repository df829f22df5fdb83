namespace MeetOperator.MediaNode.Rooms;

/// <summary>A loop as a place for participants of one room, as input of <see cref="PartChoice"/>.</summary>
/// <param name="Busy">Average share of time that the loop's thread worked in the last seconds, 0 to 1.</param>
/// <param name="Participants">Participants of the room on the loop.</param>
/// <param name="Joining">How many of them have joined so recently that <paramref name="Busy"/> does not show them.</param>
/// <param name="HasPart">Whether the room has a part on the loop.</param>
/// <param name="IsHub">Whether that part is the hub, with which all others are linked.</param>
/// <param name="IsStuck">Whether the thread has not completed an iteration for seconds.</param>
internal readonly record struct PartLoad(double Busy, int Participants = 0, int Joining = 0, bool HasPart = false, bool IsHub = false, bool IsStuck = false);
