using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>Which meeting is on which node. Not safe for use from several threads; <see cref="MediaFleet"/> guards it.</summary>
internal sealed class AssignmentTable
{
    private static readonly HashSet<string> None = [];
    private readonly Dictionary<string, AssignedMeeting> _meetings = new(StringComparer.Ordinal);
    private readonly Dictionary<NamespacedName, HashSet<string>> _byNode = [];

    public AssignedMeeting? Find(string meetingId) => _meetings.GetValueOrDefault(meetingId);

    public int CountOn(NamespacedName node) => _byNode.TryGetValue(node, out var meetings) ? meetings.Count : 0;

    public IEnumerable<AssignedMeeting> On(NamespacedName node) => _byNode.GetValueOrDefault(node, None).Select(id => _meetings[id]);

    /// <summary>Puts a meeting on a node (or on none), forgetting what was known of its former room.</summary>
    public AssignedMeeting Assign(string meetingId, NamespacedName meeting, NamespacedName? node, string? region, long generation)
    {
        if (!_meetings.TryGetValue(meetingId, out var entry))
        {
            _meetings[meetingId] = entry = new AssignedMeeting(meetingId, meeting);
        }

        Leave(entry);
        entry.Node = node;
        entry.Region = region;
        entry.Generation = generation;
        entry.RoomSince = 0;
        entry.RoomLost = false;
        entry.Refusal = null;
        entry.Participants = 0;
        entry.Counted = false;
        if (node is { } at)
        {
            if (!_byNode.TryGetValue(at, out var meetings))
            {
                _byNode[at] = meetings = new HashSet<string>(StringComparer.Ordinal);
            }

            meetings.Add(meetingId);
        }

        return entry;
    }

    public bool Remove(string meetingId)
    {
        if (!_meetings.Remove(meetingId, out var entry))
        {
            return false;
        }

        Leave(entry);
        return true;
    }

    private void Leave(AssignedMeeting entry)
    {
        if (entry.Node is { } node && _byNode.TryGetValue(node, out var meetings) && meetings.Remove(entry.MeetingId) && meetings.Count == 0)
        {
            _byNode.Remove(node);
        }
    }
}
