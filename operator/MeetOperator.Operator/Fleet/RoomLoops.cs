using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>The loops of a media node that have a room, from one report. Pure.</summary>
internal static class RoomLoops
{
    /// <summary>Whether all loops that have the room work. False when the report does not tell them, as those of earlier versions.</summary>
    public static bool Work(NodeReport report, RoomReport room)
    {
        var stuck = report.LoopReports.Where(ForwardingWatch.IsStuck).Select(static loop => loop.Port).ToHashSet();
        return room.Port > 0 && !stuck.Contains(room.Port) && !room.Parts.Any(part => stuck.Contains(part.Port));
    }
}
