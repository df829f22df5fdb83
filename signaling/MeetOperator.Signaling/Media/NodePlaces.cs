using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// What this replica knows of the places on a meeting's media nodes beyond the operator's figures, which are some seconds old: the members that it has sent to each node, and
/// which nodes have answered that they are full. Pure: the time is passed in. Not thread-safe.
/// </summary>
internal sealed class NodePlaces
{
    /// <summary>How long a node counts as full after it has answered so. Participants leave at any time, and the operator may give the node more places.</summary>
    public static readonly TimeSpan FullFor = TimeSpan.FromSeconds(1);

    private readonly Dictionary<RoomKey, TimeSpan> _full = [];

    /// <summary>Records that the node has answered that it takes no other participant.</summary>
    public void MarkFull(RoomKey room, TimeSpan now) => _full[room] = now + FullFor;

    /// <summary>Returns the assignments with figures that include what this replica knows.</summary>
    /// <param name="assignments">The operator's assignments.</param>
    /// <param name="members">The number of this replica's members that use each room or move to it.</param>
    /// <param name="now">The time since a fixed moment.</param>
    public IReadOnlyList<MediaAssignment> Adjust(IReadOnlyList<MediaAssignment> assignments, IReadOnlyDictionary<RoomKey, int> members, TimeSpan now)
    {
        foreach (var (room, _) in _full.Where(full => full.Value <= now).ToArray())
        {
            _full.Remove(room);
        }

        return [.. assignments.Select(assignment => Adjust(assignment, members.GetValueOrDefault(assignment.Key)))];
    }

    private MediaAssignment Adjust(MediaAssignment assignment, int members)
    {
        var participants = Math.Max(assignment.Participants, members);
        var free = _full.ContainsKey(assignment.Key) ? 0 : assignment.FreePlaces is { } known ? Math.Max(0, known - (participants - assignment.Participants)) : (int?)null;
        return free == assignment.FreePlaces && participants == assignment.Participants ? assignment : assignment with { Participants = participants, FreePlaces = free };
    }
}
