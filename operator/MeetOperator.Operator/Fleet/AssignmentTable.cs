using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Which meeting is on which node. Media nodes know a room by the meeting id alone, so one meeting at a time has an entry for an id.
/// Not safe for use from several threads; <see cref="MediaFleet"/> guards it.
/// </summary>
internal sealed class AssignmentTable
{
    private static readonly HashSet<MeetingRef> None = [];
    private readonly Dictionary<MeetingRef, AssignedMeeting> _meetings = [];
    private readonly Dictionary<string, MeetingRef> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<NamespacedName, HashSet<MeetingRef>> _byNode = [];

    public AssignedMeeting? Find(MeetingRef meeting) => _meetings.GetValueOrDefault(meeting);

    /// <summary>The meeting whose room it is, as a media node names it.</summary>
    public AssignedMeeting? FindRoom(string meetingId) => _holders.TryGetValue(meetingId, out var holder) ? _meetings[holder] : null;

    public bool IsHeldByAnother(MeetingRef meeting) => _holders.TryGetValue(meeting.Id, out var holder) && holder != meeting;

    public int CountOn(NamespacedName node) => _byNode.TryGetValue(node, out var meetings) ? meetings.Count : 0;

    public IEnumerable<AssignedMeeting> On(NamespacedName node) => _byNode.GetValueOrDefault(node, None).Select(meeting => _meetings[meeting]);

    /// <summary>Puts a meeting on a node (or on none), forgetting what was known of its former room.</summary>
    public AssignedMeeting Assign(MeetingRef meeting, NamespacedName? node, string? region, long generation)
    {
        if (IsHeldByAnother(meeting))
        {
            throw new InvalidOperationException($"Meeting {meeting.Name} cannot be assigned: another meeting has the id {meeting.Id}.");
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
        entry.RoomSince = 0;
        entry.RoomLost = false;
        entry.Refusal = null;
        entry.Places = null;
        entry.Participants = 0;
        entry.Counted = false;
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
