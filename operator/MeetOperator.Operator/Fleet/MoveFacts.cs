using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Fleet;

/// <summary>Gathers what the planner must know about a meeting on several media nodes. Pure.</summary>
internal static class MoveFacts
{
    /// <summary>A node that is not linked after this time takes the meeting without links, as nodes of earlier versions do.</summary>
    private static readonly TimeSpan PreparingLimit = TimeSpan.FromSeconds(DrainWaits.LinkSeconds);

    /// <summary>How long a meeting keeps a further node at least.</summary>
    private static readonly TimeSpan FreshTime = TimeSpan.FromSeconds(60);

    /// <summary>The demand with the regions of the participants, and the current facts about each assignment, of which meetings on one node need none.</summary>
    public static MeetingDemand AddTo(
        MeetingDemand demand, AssignedMeeting? meeting, Func<NamespacedName, RoomReport?> rooms, TimeProvider time, Func<NamespacedName, bool>? isServing = null)
    {
        if (meeting is null)
        {
            return demand;
        }

        demand = demand with { Regions = RegionsOf(meeting, rooms) };
        if (demand.Current is not { Nodes.Count: > 1 } current)
        {
            return demand;
        }

        return demand with { Current = current with { Nodes = [.. current.Nodes.Select(WithFacts)] } };

        NodeAssignment WithFacts(NodeAssignment assignment) =>
            meeting.On(new(assignment.Namespace, assignment.SfuNode)) is { } known && known.Generation == assignment.Generation
                ? assignment with { Facts = Of(meeting, known, rooms, time, isServing) }
                : assignment;
    }

    /// <summary>
    /// The participants in each region, from the reports of all nodes. Those who are moving are in two rooms, and reports do not tell which ones, so as many as are counted twice in the whole
    /// meeting are left out of each region, as far as the reports allow it.
    /// </summary>
    private static Dictionary<string, int> RegionsOf(AssignedMeeting meeting, Func<NamespacedName, RoomReport?> rooms)
    {
        var twice = Math.Max(0, meeting.Nodes.Sum(static node => node.Participants) - meeting.Participants);
        var (staying, leaving) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var node in meeting.Nodes)
        {
            var regions = node.State == NodeAssignmentState.Leaving ? leaving : staying;
            foreach (var (region, count) in rooms(node.Node)?.Regions ?? NoRegions)
            {
                regions[region] = regions.GetValueOrDefault(region) + count;
            }
        }

        foreach (var (region, count) in leaving)
        {
            var there = staying.GetValueOrDefault(region);
            staying[region] = Math.Max(Math.Max(there, count), there + count - twice);
        }

        return staying;
    }

    private static readonly IReadOnlyDictionary<string, int> NoRegions = new Dictionary<string, int>(0);

    private static AssignmentFacts Of(AssignedMeeting meeting, AssignedNode node, Func<NamespacedName, RoomReport?> rooms, TimeProvider time, Func<NamespacedName, bool>? isServing)
    {
        var age = time.GetElapsedTime(node.StateSince);
        return new AssignmentFacts
        {
            HasRoom = node.RoomExists,
            IsLinked = node.RoomExists && MeetingLinks.IsLinked(meeting, node.Node, rooms, isServing),
            IsOverdue = node.State == NodeAssignmentState.Preparing && age >= PreparingLimit,
            IsFresh = node.State == NodeAssignmentState.Ready && age < FreshTime,
            IsEmpty = node.IsLeft,
            IsPastDeadline = node.State == NodeAssignmentState.Leaving && age >= node.LeaveTime,
            LateParticipants = node.LateParticipants,
        };
    }
}
