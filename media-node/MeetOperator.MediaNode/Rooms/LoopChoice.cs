namespace MeetOperator.MediaNode.Rooms;

/// <summary>Chooses the loop of a new room: the one with the lowest load, where a new room counts although it is not busy yet.</summary>
internal static class LoopChoice
{
    /// <summary>How long a room counts as new. Most participants join within this time.</summary>
    internal const long NewRoomTicks = TimeSpan.TicksPerMinute;

    /// <summary>Share of a loop's time that a new room is expected to need, while the node has no busy rooms to learn from.</summary>
    private const double LeastExpected = 0.02;

    /// <summary>How much a room counts that has been idle for longer. It is more than zero because the room can become busy, and so that idle loops share the rooms.</summary>
    private const double IdleRoom = 0.002;

    /// <summary>Returns the index of the loop. Equal loops are used in order.</summary>
    /// <param name="loops">At least one loop.</param>
    internal static int Choose(ReadOnlySpan<LoopLoad> loops)
    {
        var expected = ExpectedLoad(loops);
        var (best, lowest) = (0, double.MaxValue);
        for (var i = 0; i < loops.Length; i++)
        {
            var load = loops[i];
            var score = load.Busy + (load.NewRooms * expected) + (load.Rooms * IdleRoom) + (load.IsStuck ? 1e6 : 0);
            if (score < lowest)
            {
                (best, lowest) = (i, score);
            }
        }

        return best;
    }

    /// <summary>The average load of a room on this node.</summary>
    private static double ExpectedLoad(ReadOnlySpan<LoopLoad> loops)
    {
        var (busy, rooms) = (0.0, 0);
        foreach (var loop in loops)
        {
            busy += loop.IsStuck ? 0 : loop.Busy;
            rooms += loop.IsStuck ? 0 : loop.Rooms - loop.NewRooms;
        }

        return rooms <= 0 ? LeastExpected : Math.Max(LeastExpected, busy / rooms);
    }
}
