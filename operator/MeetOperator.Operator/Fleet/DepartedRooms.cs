using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Which rooms of a media node without an SfuNode must end. Its meetings are on other media nodes, so a room without connections ends at once. Those who are still connected
/// are about to follow their meeting, and get a moment for it. Keeps state between reports of one node; the time is an argument.
/// </summary>
internal sealed class DepartedRooms
{
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Since when each room is waited for, and whether it was due before.</summary>
    private readonly Dictionary<string, (TimeSpan Since, bool WasDue)> _rooms = new(StringComparer.Ordinal);

    /// <summary>Returns the rooms that must end now. One that does not end is due again 20 s later.</summary>
    /// <param name="report">The node's report.</param>
    /// <param name="now">Reading of a monotonic clock.</param>
    public IReadOnlyList<RoomReport> FindDue(NodeReport report, TimeSpan now)
    {
        var present = report.Rooms.Select(static room => room.Room).ToHashSet(StringComparer.Ordinal);
        foreach (var ended in _rooms.Keys.Where(room => !present.Contains(room)).ToArray())
        {
            _rooms.Remove(ended);
        }

        var due = new List<RoomReport>();
        foreach (var room in report.Rooms)
        {
            var (since, wasDue) = _rooms.GetValueOrDefault(room.Room, (now, false));
            var isDue = now - since >= LeaveTimeout || (room.Connected == 0 && !wasDue);
            _rooms[room.Room] = isDue ? (now, true) : (since, wasDue);
            if (isDue)
            {
                due.Add(room);
            }
        }

        return due;
    }
}
