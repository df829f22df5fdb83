using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;
using MeetOperator.Placement;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;
using MeetOperator.Placement.Scorers;

namespace MeetOperator.KubectlMeet.Placing;

/// <summary>
/// Simulates a drain with the operator's planner: the meetings leave one after the other, the largest first, and each takes its places. The operator's order differs, so with
/// little room the outcome can too. Pure.
/// </summary>
internal static class DrainPlanner
{
    /// <summary>How long the operator waits for links to the next media node.</summary>
    public const int LinkSeconds = DrainWaits.LinkSeconds;

    /// <summary>How long the people of a meeting may stay on the former media node.</summary>
    public static int PeopleSeconds => (int)PlacementOptions.Default.LeaveSeconds;

    public static DrainPlan Plan(Inventory inventory, SfuNode node, int? deadlineSeconds, DateTimeOffset now)
    {
        var (space, name) = (node.Metadata.Namespace ?? string.Empty, node.Metadata.Name ?? string.Empty);
        var fleet = inventory.Nodes.Where(each => each != node).Select(each => ObservedFleet.Snapshot(inventory, each, now)).ToList();
        var moves = new List<DrainMove>();
        foreach (var meeting in inventory.MeetingsOn(node).OrderByDescending(meeting => People(meeting, node)).ThenBy(meeting => meeting.Metadata.NamespacedName.ToString(), StringComparer.Ordinal))
        {
            moves.Add(Leave(inventory, meeting, node, fleet, now) ?? Move(inventory, meeting, People(meeting, node), fleet, now));
        }

        var stranded = moves.Where(move => move.To is null).ToArray();
        var deadline = deadlineSeconds ?? node.Spec.Drain?.DeadlineSeconds ?? (node.Spec.Drain is not { Force: true } && inventory.PoolOf(node) is { Metadata.DeletionTimestamp: null } pool ? DrainWaits.SecondsOf(pool.Spec.Drain, isAnswering: node.Status?.State != SfuNodeState.Unhealthy) : 0);
        var hidden = Math.Max(0, (node.Status?.Meetings ?? 0) - moves.Count);
        var canMoveLinked = node is { Metadata.DeletionTimestamp: null, Spec.Drain: not { Force: true } } && node.Status?.State != SfuNodeState.Unhealthy;
        int? maxMoveSeconds = moves.Count > 0 && stranded.Length == 0 && hidden == 0 && canMoveLinked ? LinkSeconds + PeopleSeconds : null;
        return new DrainPlan
        {
            Node = $"{space}/{name}",
            Pool = node.Spec.PoolRef.Name,
            DeadlineSeconds = deadline,
            WaitsUntil = (node.Spec.Drain is not null || node.Metadata.DeletionTimestamp is not null) && node.Status?.DrainRequestedAt?.AddSeconds(deadline) is { } until && until > now ? until : null,
            MaxMoveSeconds = maxMoveSeconds,
            Participants = node.Status?.Participants ?? 0,
            Moves = moves,
            Blockers =
            [
                .. stranded.Length == 0 ? [] : new[] { $"{Counts.Meetings(stranded.Length)} would stay until there is room: add capacity (spec.replicas or spec.capacity of a pool), end meetings, or use --force, which disconnects their people" },
                .. node.Metadata.DeletionTimestamp is null ? [] : new[] { "the media node is already being deleted, which drains it" },
            ],
            NotKnown =
            [
                .. hidden == 0 ? [] : new[] { $"{Counts.Meetings(hidden)} on this media node, of namespaces that you may not read: where they would go" },
                .. ObservedFleet.Unknowns(inventory),
                .. maxMoveSeconds is null ? [] : new[] { "a client that does not follow its meeting keeps the media node until it leaves" },
                "the pool starts a media node in place of the drained one; meetings that find no place now can move there",
            ],
        };
    }

    /// <summary>How a meeting on several media nodes leaves one of them: for the others, or for a further one. Null when it does neither, and for a meeting on one node.</summary>
    private static DrainMove? Leave(Inventory inventory, Meeting meeting, SfuNode node, List<NodeSnapshot> fleet, DateTimeOffset now)
    {
        var demand = ObservedFleet.Demand(inventory, meeting);
        if (demand.Current is not { Nodes: [_, _, ..] before })
        {
            return null;
        }

        var drained = ObservedFleet.Snapshot(inventory, node, now) with { State = SfuNodeState.Draining, IsDrainDue = true };
        var decision = PlacementPlanner.Decide(new PlacementInput { Demand = demand, Nodes = [.. fleet, drained], Seed = TieBreaker.Rank(0, string.Empty, demand.MeetingId) }, now);
        var others = decision.Nodes.Where(each => !Is(each, drained)).ToArray();
        var added = others.Where(each => !before.Any(known => Is(known, each))).ToArray();
        var isLeft = decision.Nodes.FirstOrDefault(each => Is(each, drained)) is null or { State: NodeAssignmentState.Leaving };
        var targets = added.Length > 0 ? added : isLeft ? [.. others.Where(each => each.State == NodeAssignmentState.Ready)] : [];
        if (targets is not [var first, ..])
        {
            return null;
        }

        var people = People(meeting, node);
        Occupy(fleet, first, people, meetings: added.Length > 0 ? 1 : 0);
        return new DrainMove(meeting.Metadata.NamespacedName.ToString(), people, string.Join(", ", targets.Select(each => $"{each.Namespace}/{each.SfuNode}")), decision.Reason);
    }

    private static bool Is(NodeAssignment assignment, NodeSnapshot node) => assignment.SfuNode == node.Name && assignment.Namespace == node.Namespace;

    private static bool Is(NodeAssignment assignment, NodeAssignment other) => assignment.SfuNode == other.SfuNode && assignment.Namespace == other.Namespace;

    private static void Occupy(List<NodeSnapshot> fleet, NodeAssignment target, int people, int meetings)
    {
        var index = fleet.FindIndex(each => Is(target, each));
        fleet[index] = fleet[index] with { Meetings = fleet[index].Meetings + meetings, Participants = fleet[index].Participants + people };
    }

    private static DrainMove Move(Inventory inventory, Meeting meeting, int people, List<NodeSnapshot> fleet, DateTimeOffset now)
    {
        var demand = ObservedFleet.Demand(inventory, meeting) with { Participants = people };
        var key = meeting.Metadata.NamespacedName.ToString();
        var seed = TieBreaker.Rank(0, string.Empty, demand.MeetingId);
        var decision = PlacementPlanner.Decide(new PlacementInput { Demand = demand with { Current = null, NearRegion = demand.Current?.Region, PinRegion = false, AllowedRegions = Regions(demand) }, Nodes = fleet, Seed = seed }, now);
        if (decision.Nodes is not [var target, ..])
        {
            var why = decision.Rejections.Count == 0 ? decision.Reason : string.Join("; ", decision.Rejections.Select(rejection => $"{rejection.Candidate}: {rejection.Reason}"));
            return new DrainMove(key, people, null, why);
        }

        Occupy(fleet, target, people, meetings: 1);
        return new DrainMove(key, people, $"{target.Namespace}/{target.SfuNode}", decision.Reason);
    }

    /// <summary>The allowed regions; for a pinned meeting, the region that it is in.</summary>
    private static RegionSet Regions(MeetingDemand demand) =>
        demand is { PinRegion: true, Current.Region: { } pinned } ? demand.AllowedRegions.And(RegionSet.Only([pinned])) : demand.AllowedRegions;

    private static int People(Meeting meeting, SfuNode node) =>
        meeting.Status?.Assignments.Where(assignment => Inventory.IsOn(assignment, node)).Sum(assignment => assignment.Participants) ?? 0;
}
