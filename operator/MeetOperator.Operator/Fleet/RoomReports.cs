using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Fleet;

/// <summary>Compares the rooms in a node's report with the meetings that are assigned to the node.</summary>
internal static class RoomReports
{
    /// <summary>How long a room may exist without a meeting. A placement, or the last write of another leader, may still be in progress.</summary>
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Updates participant counts and lost rooms. Returns the changed meetings and the rooms to end. A room that its meeting has moved away from is ended only when it is
    /// empty.
    /// </summary>
    public static (List<NamespacedName> Changed, IReadOnlyList<OrphanRoom> Orphans) Apply(
        FleetNode node, AssignmentTable table, NodeReport report, long pollStarted, TimeProvider time)
    {
        var changed = new List<NamespacedName>();
        var orphans = new List<OrphanRoom>();
        var rooms = new HashSet<string>(report.Rooms.Count, StringComparer.Ordinal);
        node.Rooms.Clear();
        foreach (var room in report.Rooms)
        {
            rooms.Add(room.Room);
            node.Rooms[room.Room] = room;
            var meeting = table.FindRoom(room.Room);
            if (meeting is not null && RoomGenerations.MustExceed(node, room, meeting))
            {
                // An earlier leader used a higher generation than the adopted status has: exceed it, and create the room with the new one.
                meeting = meeting.RaisedAbove(room.Generation);
                table.Set(meeting);
                changed.Add(meeting.Meeting);
            }

            if (meeting?.On(node.Key) is { } assigned)
            {
                node.Orphans.Remove(room.Room);
                var counted = assigned.WithSessions(room.Connected, time) with
                {
                    Participants = room.Participants,
                    HasParticipantCount = true,
                    IsLeft = assigned.State == NodeAssignmentState.Leaving && assigned.StateSince < pollStarted && NodeEmptiness.CountSessions(room) == 0,
                };
                if (counted != assigned)
                {
                    table.Set(meeting.With(counted));
                    if (meeting.Nodes.Count > 1 || counted with { Sessions = assigned.Sessions } != assigned)
                    {
                        changed.Add(meeting.Meeting); // Sessions matter only while the meeting is on several nodes.
                    }
                }
            }
            else
            {
                var moved = HasMoved(node, meeting);
                if (TrackOrphan(node, room.Room, time) >= OrphanGrace && !(moved && NodeEmptiness.CountSessions(room) > 0))
                {
                    node.Orphans[room.Room] = time.GetTimestamp(); // If the room does not end, it is due again after the grace period.
                    orphans.Add(new OrphanRoom(room.Room, room.Generation, OnlyIfEmpty: moved));
                }
            }
        }

        foreach (var gone in node.Orphans.Keys.Where(orphan => !rooms.Contains(orphan)).ToArray())
        {
            node.Orphans.Remove(gone);
        }

        foreach (var meeting in table.On(node.Key))
        {
            if (meeting.On(node.Key) is { State: not NodeAssignmentState.Lost, RoomExists: true } assigned
                && assigned.RoomConfirmedAt < pollStarted
                && !rooms.Contains(meeting.MeetingId))
            {
                table.Set(meeting.With(assigned with { State = NodeAssignmentState.Lost }));
                changed.Add(meeting.Meeting);
            }
        }

        return (changed, orphans);
    }

    /// <summary>
    /// Whether the room's meeting continues elsewhere, or waits for a node after it lost the one it moved to. A node that may not carry the meeting never had its room.
    /// </summary>
    private static bool HasMoved(FleetNode node, AssignedMeeting? meeting) => meeting is not null && node.CanCarry(meeting.Meeting.Namespace);

    /// <summary>Returns how long ago a room without a meeting was first reported. The first report starts the time.</summary>
    private static TimeSpan TrackOrphan(FleetNode node, string room, TimeProvider time)
    {
        node.Orphans.TryAdd(room, time.GetTimestamp());
        return time.GetElapsedTime(node.Orphans[room]);
    }
}
