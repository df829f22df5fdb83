using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Placement.Assignments;

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

    /// <summary>The meetings with more than one assignment.</summary>
    private readonly HashSet<MeetingRef> _several = [];

    public AssignedMeeting? Find(MeetingRef meeting) => _meetings.GetValueOrDefault(meeting);

    /// <summary>Finds the meeting that owns the room with the given ID.</summary>
    public AssignedMeeting? FindRoom(string meetingId) => _holders.TryGetValue(meetingId, out var holder) ? _meetings[holder] : null;

    public bool IsHeldByAnother(MeetingRef meeting) => _holders.TryGetValue(meeting.Id, out var holder) && holder != meeting;

    public int CountOn(NamespacedName node) => _byNode.TryGetValue(node, out var meetings) ? meetings.Count : 0;

    /// <summary>The meetings with an assignment to the node. While enumerating, <see cref="Set"/> may be called for meetings that stay on it.</summary>
    public IEnumerable<AssignedMeeting> On(NamespacedName node) => _byNode.GetValueOrDefault(node, None).Select(meeting => _meetings[meeting]);

    /// <summary>The number of participants of other meetings that are about to move to each node, or would when another one is lost; nodes without any are left out.</summary>
    /// <param name="except">The meeting that does not count; null when all do.</param>
    public Dictionary<NamespacedName, int> CountIncoming(MeetingRef? except = null)
    {
        var incoming = new Dictionary<NamespacedName, int>();
        foreach (var meeting in _several.Where(moving => moving != except).Select(moving => _meetings[moving]))
        {
            var leaving = meeting.Nodes.Where(static node => node.State == NodeAssignmentState.Leaving).Sum(static node => node.Participants);
            foreach (var node in meeting.Nodes.Where(node => node.State == NodeAssignmentState.Preparing || node.Role == AssignmentRole.Standby || (leaving > 0 && node.Role == AssignmentRole.Origin)))
            {
                var others = Math.Max(0, meeting.Participants - node.Participants);
                incoming[node.Node] = incoming.GetValueOrDefault(node.Node) + node switch
                {
                    { Role: AssignmentRole.Standby } => meeting.Nodes.Max(static each => each.Participants),
                    { State: NodeAssignmentState.Preparing } => node.Reserved ?? others,
                    _ => Math.Min(leaving, others),
                };
            }
        }

        return incoming;
    }

    /// <summary>The number of other meetings on each node that are getting a further node; nodes without any are left out.</summary>
    /// <param name="except">The meeting that does not count; null when all do.</param>
    public Dictionary<NamespacedName, int> CountGrowing(MeetingRef? except = null)
    {
        var growing = new Dictionary<NamespacedName, int>();
        foreach (var meeting in _several.Where(growing => growing != except).Select(growing => _meetings[growing]).Where(static meeting => meeting.Nodes.Any(static node => node is { State: NodeAssignmentState.Preparing, Reserved: not null })))
        {
            foreach (var node in meeting.Nodes.Where(static node => node.State == NodeAssignmentState.Ready))
            {
                growing[node.Node] = growing.GetValueOrDefault(node.Node) + 1;
            }
        }

        return growing;
    }

    /// <summary>Stores a meeting in place of its previous entry.</summary>
    public void Set(AssignedMeeting meeting)
    {
        if (IsHeldByAnother(meeting.Ref))
        {
            throw new InvalidOperationException($"Meeting {meeting.Meeting} cannot be assigned: another meeting has the ID {meeting.MeetingId}.");
        }

        var former = Find(meeting.Ref);
        _meetings[meeting.Ref] = meeting;
        _holders[meeting.MeetingId] = meeting.Ref;
        if (meeting.Nodes.Count > 1)
        {
            _several.Add(meeting.Ref);
        }
        else
        {
            _several.Remove(meeting.Ref);
        }

        foreach (var left in former?.Nodes ?? [])
        {
            if (meeting.On(left.Node) is null)
            {
                Leave(meeting.Ref, left.Node);
            }
        }

        foreach (var node in meeting.Nodes)
        {
            if (former?.On(node.Node) is null)
            {
                Enter(meeting.Ref, node.Node);
            }
        }
    }

    public bool Remove(MeetingRef meeting)
    {
        if (!_meetings.Remove(meeting, out var entry))
        {
            return false;
        }

        _holders.Remove(meeting.Id);
        _several.Remove(meeting);
        foreach (var node in entry.Nodes)
        {
            Leave(meeting, node.Node);
        }

        return true;
    }

    private void Enter(MeetingRef meeting, NamespacedName node)
    {
        if (!_byNode.TryGetValue(node, out var meetings))
        {
            _byNode[node] = meetings = [];
        }

        meetings.Add(meeting);
    }

    private void Leave(MeetingRef meeting, NamespacedName node)
    {
        if (_byNode.TryGetValue(node, out var meetings) && meetings.Remove(meeting) && meetings.Count == 0)
        {
            _byNode.Remove(node);
        }
    }
}
