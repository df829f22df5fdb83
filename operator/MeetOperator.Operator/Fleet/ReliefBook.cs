using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Placement;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// The meetings that leave overloaded media nodes, and those that did so lately. It bounds the moves: a batch for each node and a number for the whole fleet, and no meeting twice within the
/// cooldown. Not thread-safe; <see cref="MediaFleet"/> guards it.
/// </summary>
internal sealed class ReliefBook(TimeProvider time)
{
    /// <summary>The number of meetings that may begin to leave nodes of the whole fleet within a minute.</summary>
    public const int MaxPerMinute = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>How long a node gets no further meetings after one has moved to it: its reports must show the load first.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    /// <summary>A move that has not ended after this time is no longer counted as going on.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(60);
    private readonly Dictionary<MeetingRef, Relief> _reliefs = [];
    private readonly Queue<long> _starts = [];
    private readonly long _startedAt = time.GetTimestamp();

    /// <summary>Decides what an overloaded node does about it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="table">The assignments.</param>
    /// <param name="fleet">Returns all nodes.</param>
    /// <param name="meetings">The meetings on the node that no user moves.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The meetings to reconcile.</returns>
    public IReadOnlyList<NamespacedName> Relieve(FleetNode node, AssignmentTable table, Func<NodeSnapshot[]> fleet, IReadOnlyList<(MeetingRef Meeting, MeetingDemand Demand)> meetings, DateTimeOffset now)
    {
        var (limits, monotonic, watch) = (StressLimits.Of(node.Pool), time.GetElapsedTime(0), node.Stress);
        if (!watch.IsOverloaded || !node.Decision.CanTakeMeetings)
        {
            watch.Finding = null;
            return [];
        }

        if (!limits.IsEnabled)
        {
            watch.Finding = Problem("RebalanceDisabled", "its meetings stay, because spec.rebalance.enabled of the pool is false");
            return [];
        }

        if (!watch.IsHigh(node.Pool))
        {
            return []; // It has just become lower. What was found before still explains the overload.
        }

        Clean(table);
        if (monotonic - watch.RestingSince < limits.Cooldown)
        {
            watch.Finding ??= Problem("CoolingDown", $"its meetings may leave {limits.Cooldown.TotalSeconds:0} s after the last ones did or the operator started (rebalance.cooldownSeconds)");
            return [];
        }

        var free = time.GetElapsedTime(_startedAt) < Window ? 0 : MaxPerMinute - _starts.Count; // A previous leader may just have moved as many.
        if (free <= 0)
        {
            watch.Finding = Problem("FleetLimit", $"its meetings wait, because {MaxPerMinute} left overloaded media nodes within the last minute, or the operator started within it");
            return [];
        }

        var movable = meetings.Where(each => MayLeave(table.Find(each.Meeting)) && !_reliefs.ContainsKey(each.Meeting)).ToArray();
        var decision = PlacementPlanner.Relieve(
            new ReliefInput
            {
                Namespace = node.Key.Namespace ?? string.Empty,
                Name = node.Key.Name,
                Goal = limits.Goal,
                MaxMoves = Math.Min(limits.Batch, free),
                Parts = watch.FindParts(),
                Meetings = [.. movable.Select(static each => each.Demand)],
                Nodes = fleet(),
                Receiving = Receiving(table),
            },
            now);
        watch.Finding = Describe(decision);
        return Begin(node, decision, movable, limits.Cooldown, monotonic);
    }

    /// <summary>Adds what the planner must know about a meeting that leaves an overloaded node. The request of a user comes first.</summary>
    public MeetingDemand AddTo(MeetingDemand demand, MeetingRef meeting)
    {
        if (!_reliefs.TryGetValue(meeting, out var relief) || !IsGoingOn(relief))
        {
            return demand;
        }

        if (demand.MoveTo is not null)
        {
            _reliefs[meeting] = relief with { OverAt = time.GetTimestamp() };
            return demand;
        }

        return relief.To is not { } to ? demand with { ExtendCause = relief.Cause }
            : demand with { MoveTo = new MoveDemand { SfuNode = to.Name, Namespace = to.Namespace, Cause = relief.Cause, HasBegun = relief.HasBegun } };
    }

    /// <summary>Records the answer to such a move and removes it from the decision: it answers no request of a user.</summary>
    public PlacementDecision Record(MeetingRef meeting, MeetingDemand demand, PlacementDecision decision)
    {
        if (demand is { MoveTo: null or { Cause: null }, ExtendCause: null })
        {
            return decision;
        }

        var isGoingOn = demand.ExtendCause is null
            ? decision.Move?.State is MeetingMoveState.Moving or MeetingMoveState.Waiting
            : decision.Nodes.Any(static node => node is { State: NodeAssignmentState.Preparing, Role: not AssignmentRole.Origin });
        var relief = _reliefs[meeting];
        _reliefs[meeting] = relief with { HasBegun = relief.HasBegun || decision.Move?.State == MeetingMoveState.Moving, OverAt = isGoingOn ? null : time.GetTimestamp() };
        return decision with { Move = null };
    }

    public void Forget(MeetingRef meeting) => _reliefs.Remove(meeting);

    private IReadOnlyList<NamespacedName> Begin(FleetNode node, ReliefDecision decision, (MeetingRef Meeting, MeetingDemand Demand)[] movable, TimeSpan cooldown, TimeSpan now)
    {
        var begun = new List<NamespacedName>();
        foreach (var (id, to) in decision.Moves.Select(static move => (move.MeetingId, (NamespacedName?)new NamespacedName(move.Namespace, move.SfuNode)))
            .Concat(decision.Extended is { } extended ? [(extended, null)] : Array.Empty<(string, NamespacedName?)>()))
        {
            var meeting = movable.First(each => each.Demand.MeetingId == id).Meeting;
            _reliefs[meeting] = new Relief(to, $"{node.Key.Name} is overloaded ({node.Stress.Describe()})", cooldown, time.GetTimestamp());
            _starts.Enqueue(time.GetTimestamp());
            begun.Add(meeting.Name);
        }

        node.Stress.RestingSince = begun.Count > 0 ? now : node.Stress.RestingSince;
        return begun;
    }

    /// <summary>A meeting on several nodes is left alone: its people spread over them anyway.</summary>
    private static bool MayLeave(AssignedMeeting? meeting) => meeting is { Nodes: [{ State: NodeAssignmentState.Ready, RoomExists: true, Participants: > 0 }] };

    private HashSet<(string Namespace, string Name)> Receiving(AssignmentTable table) =>
    [
        .. _reliefs.Where(entry => entry.Value.To is not null && (IsGoingOn(entry.Value) || IsFollowing(table, entry.Key) || IsSettling(entry.Value)))
            .Select(static entry => (entry.Value.To!.Value.Namespace ?? string.Empty, entry.Value.To!.Value.Name)),
    ];

    /// <summary>Whether participants are still moving.</summary>
    private static bool IsFollowing(AssignmentTable table, MeetingRef meeting) => table.Find(meeting) is { } known && known.Nodes.Any(static node => node.State == NodeAssignmentState.Leaving);

    private bool IsSettling(Relief relief) => time.GetElapsedTime(relief.OverAt ?? relief.At) < Settling;

    private bool IsGoingOn(Relief relief) => relief.OverAt is null && time.GetElapsedTime(relief.At) < MaxDuration;

    /// <summary>Removes what has no effect any more.</summary>
    private void Clean(AssignmentTable table)
    {
        while (_starts.TryPeek(out var start) && time.GetElapsedTime(start) >= Window)
        {
            _starts.Dequeue();
        }

        foreach (var (meeting, relief) in _reliefs.ToArray())
        {
            if (!IsGoingOn(relief) && time.GetElapsedTime(relief.At) >= relief.Cooldown && !IsFollowing(table, meeting) && !IsSettling(relief))
            {
                _reliefs.Remove(meeting);
            }
        }
    }

    private static NodeFailure Describe(ReliefDecision decision) => decision switch
    {
        { Moves: [_, ..] moves } => Problem("MovingMeetings", $"{moves.Count} of its meetings move to {string.Join(", ", moves.Select(static move => move.SfuNode).Distinct().Order(StringComparer.Ordinal))}"),
        { Extended: not null } => Problem("ExtendingMeeting", "its largest meeting cannot move, so another media node is added to it for people who join later, if one can be"),
        { LacksTarget: true } => Problem("NowhereToGo", "no other media node can take one of its meetings without having too much to do itself (capacity of its pool): add media nodes (spec.replicas of a pool)"),
        _ => Problem("NothingToMove", "none of its meetings can leave: they were moved lately, are on several media nodes, or need too little"),
    };

    private static NodeFailure Problem(string reason, string consequence) => new(reason, $"the media node is overloaded: {consequence}") { RequiresIntervention = false };

    /// <summary>A meeting that leaves an overloaded node, or is extended to another one.</summary>
    /// <param name="To">Where it goes; null when the planner chooses a further node.</param>
    /// <param name="Cause">Why.</param>
    /// <param name="Cooldown">The time from its start in which the meeting is not moved again.</param>
    /// <param name="At">Timestamp of its start.</param>
    private sealed record Relief(NamespacedName? To, string Cause, TimeSpan Cooldown, long At)
    {
        public bool HasBegun { get; init; }

        /// <summary>Timestamp at which it succeeded or was given up; null before.</summary>
        public long? OverAt { get; init; }
    }
}
