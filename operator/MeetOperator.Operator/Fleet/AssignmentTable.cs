using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Maps meetings to media nodes. Media nodes identify a room by meeting ID alone, so only one meeting at a time can have an entry for an ID.
/// Not thread-safe; <see cref="MediaFleet"/> guards it.
/// </summary>
internal sealed class AssignmentTable
{
    private static readonly HashSet<MeetingRef> None = [];
    private readonly Dictionary<MeetingRef, AssignedMeeting> _meetings = [];
    private readonly Dictionary<string, MeetingRef> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<NamespacedName, HashSet<MeetingRef>> _byNode = [];

    public AssignedMeeting? Find(MeetingRef meeting) => _meetings.GetValueOrDefault(meeting);

    /// <summary>Finds the meeting that owns the room with the given ID.</summary>
    public AssignedMeeting? FindRoom(string meetingId) => _holders.TryGetValue(meetingId, out var holder) ? _meetings[holder] : null;

    public bool IsHeldByAnother(MeetingRef meeting) => _holders.TryGetValue(meeting.Id, out var holder) && holder != meeting;

    public int CountOn(NamespacedName node) => _byNode.TryGetValue(node, out var meetings) ? meetings.Count : 0;

    public IEnumerable<AssignedMeeting> On(NamespacedName node) => _byNode.GetValueOrDefault(node, None).Select(meeting => _meetings[meeting]);

    /// <summary>Assigns a meeting to a node, or to none, and clears the recorded state of its previous room.</summary>
    public AssignedMeeting Assign(MeetingRef meeting, NamespacedName? node, string? region, long generation)
    {
        if (IsHeldByAnother(meeting))
        {
            throw new InvalidOperationException($"Meeting {meeting.Name} cannot be assigned: another meeting has the ID {meeting.Id}.");
        }

        if (!_meetings.TryGetValue(meeting, out var entry))
        {
            _meetings[meeting] = entry = new AssignedMeeting(meeting);
            _holders[meeting.Id] = meeting;
        }

        Leave(entry);
        entry.Node = node;
        entry.Region = region;
        entry.Generation = generation;
        entry.RoomConfirmedAt = 0;
        entry.RoomLost = false;
        entry.RoomRejection = null;
        entry.RoomCapacity = null;
        entry.Participants = 0;
        entry.HasParticipantCount = false;
        if (node is { } at)
        {
            if (!_byNode.TryGetValue(at, out var meetings))
            {
                _byNode[at] = meetings = [];
            }

            meetings.Add(meeting);
        }

        return entry;
    }

    public bool Remove(MeetingRef meeting)
    {
        if (!_meetings.Remove(meeting, out var entry))
        {
            return false;
        }

        _holders.Remove(meeting.Id);
        Leave(entry);
        return true;
    }

    private void Leave(AssignedMeeting entry)
    {
        if (entry.Node is { } node && _byNode.TryGetValue(node, out var meetings) && meetings.Remove(entry.Ref) && meetings.Count == 0)
        {
            _byNode.Remove(node);
        }
    }
}
