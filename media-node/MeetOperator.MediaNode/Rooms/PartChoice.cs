namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Chooses the loop of a participant that joins a room. A small room stays on the loop of its hub. A further part opens only when it helps: when the loops of the room are loaded, or have many of
/// its participants, and another loop is clearly freer. Participants never change their part, so a part ends only after all of its participants have left. Pure.
/// </summary>
internal static class PartChoice
{
    /// <summary>Participants of a room that one loop serves whatever else it does.</summary>
    internal const int SmallRoom = 16;

    /// <summary>Participants of a room on one loop above which another loop helps, although they do little so far.</summary>
    internal const int ManyParticipants = 50;

    /// <summary>Load of a loop above which participants go to another one.</summary>
    private const double Loaded = 0.5;

    /// <summary>How much lower the load of another loop must be than that of every loop of the room before a part opens there.</summary>
    private const double ClearlyFreer = 0.15;

    /// <summary>Share of a loop's time that a participant is expected to need.</summary>
    private const double PerParticipant = 0.004;

    /// <summary>Returns the index of the loop.</summary>
    /// <param name="loops">All loops of the media node. One of them has the hub.</param>
    internal static int Choose(ReadOnlySpan<PartLoad> loops)
    {
        var (hub, part, free, total) = (0, -1, -1, 0);
        for (var i = 0; i < loops.Length; i++)
        {
            total += loops[i].Participants;
            hub = loops[i].IsHub ? i : hub;
            if (loops[i].IsStuck)
            {
                continue;
            }

            if (loops[i].HasPart)
            {
                part = part < 0 || ExpectedLoad(loops[i]) < ExpectedLoad(loops[part]) ? i : part;
            }
            else
            {
                free = free < 0 || ExpectedLoad(loops[i]) < ExpectedLoad(loops[free]) ? i : free;
            }
        }

        if (part < 0 || (!loops[hub].IsStuck && IsEnough(loops[hub], total)))
        {
            return hub;
        }

        // The parts are linked with the hub, so none opens while its loop stands still.
        return free >= 0 && !loops[hub].IsStuck && NeedsAnother(loops[part], loops[free]) ? free : part;
    }

    /// <summary>Whether the hub alone can serve the room. It can again when half of many participants are left, so that parts come and go rarely.</summary>
    private static bool IsEnough(in PartLoad hub, int total) => total < SmallRoom || (total < ManyParticipants / 2 && ExpectedLoad(hub) < Loaded / 2);

    /// <param name="part">The least loaded part of the room.</param>
    /// <param name="free">The least loaded of the other loops.</param>
    private static bool NeedsAnother(in PartLoad part, in PartLoad free) =>
        (part.Participants >= ManyParticipants || ExpectedLoad(part) >= Loaded) && ExpectedLoad(free) + ClearlyFreer <= ExpectedLoad(part);

    private static double ExpectedLoad(in PartLoad loop) => Math.Max(loop.Busy + (loop.Joining * PerParticipant), loop.Participants * PerParticipant);
}
