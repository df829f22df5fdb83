using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Placement;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;
using MeetOperator.Placement.Scorers;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// The state of all media nodes and the assignments of every meeting. Placements reserve capacity under its lock, so concurrent placements do not overfill a node.
/// </summary>
internal sealed class MediaFleet(FleetWakeups wakeups, TimeProvider time, MachineHeartbeats? heartbeats = null)
{
    /// <summary>How long a node that rejected a room gets no new rooms.</summary>
    private static readonly TimeSpan RejectionPause = TimeSpan.FromSeconds(2);

    /// <summary>The number of former nodes in a meeting's status.</summary>
    private const int MaxFormerNodes = 16;
    private static readonly Dictionary<NamespacedName, int> NoPlaces = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, FleetNode> _nodes = [];
    private readonly AssignmentTable _table = new();
    private readonly ReliefBook _reliefs = new(time);
    private readonly LostMachines _lostMachines = new(time, heartbeats);

    /// <summary>Records the observed state of a node; <paramref name="target"/> is null until the Pod has an address.</summary>
    public void Observe(SfuNode node, SfuPool? pool, Pod? pod, bool sharedNamespace, PollTarget? target, ClusterNode? clusterNode = null, bool tenantNamespace = true)
    {
        var key = node.Metadata.NamespacedName;
        Change(key, create: true, entry =>
        {
            if (PodRuns.IsAnotherProcess(entry.Pod, pod))
            {
                entry.ClearReports();
                entry.HasRestarted = true;
                entry.NotReadySince = null;
            }

            entry.HasRestarted |= entry.Pod is not null && pod is null; // A later Pod runs another process.
            entry.Node = node;
            entry.IsOpen &= IsSame(entry.Pool, pool); // The changed pool may accept meetings that it rejected before.
            entry.Pool = pool;
            entry.Pod = pod;
            entry.NotReadySince = PodRuns.IsReady(pod) == false ? entry.NotReadySince ?? time.GetTimestamp() : null;
            entry.IsInSharedNamespace = sharedNamespace;
            entry.IsInTenantNamespace = tenantNamespace;
            entry.Target = target;
            entry.ClusterNode = clusterNode;
            entry.Drain = MonotonicTime.Observe(entry.Drain, NodeStateRules.DrainSince(node), time.GetUtcNow(), time);
            entry.Silence = MonotonicTime.Observe(entry.Silence, NodeLossRules.FindSilence(node, entry.LastSeen), time.GetUtcNow(), time);
        });
    }

    /// <summary>Removes a deleted SfuNode and wakes its meetings.</summary>
    public void Forget(NamespacedName node)
    {
        List<NamespacedName> moved;
        lock (_gate)
        {
            moved = [.. _table.On(node).Select(entry => entry.Meeting)];
            if (_nodes.Remove(node, out var forgotten))
            {
                moved.AddRange(FormerMeetingsOn(forgotten));
            }
        }

        moved.ForEach(wakeups.Meeting);
    }

    /// <summary>Records a report. Returns the rooms that have not belonged to a meeting on this node for a while and should be ended.</summary>
    public IReadOnlyList<OrphanRoom> RecordReport(PollTarget target, NodeReport report, long pollStarted)
    {
        List<NamespacedName> changed = [];
        IReadOnlyList<OrphanRoom> orphans = [];
        Change(target.Node, create: false, entry =>
        {
            if (entry.Target != target)
            {
                return;
            }

            entry.Report = report;
            entry.ReportStarted = pollStarted;
            entry.LastSeen = time.GetUtcNow();
            entry.LastSeenTimestamp = time.GetTimestamp();
            entry.RecordResponse(time);
            entry.MissedPolls = 0;
            entry.MissReason = null;
            (entry.Silence, entry.HasPlacesElsewhere) = (null, false);
            entry.HasRestarted = false;
            entry.ResetUntrustedPods();
            entry.ForwardingFailure = entry.Forwarding.Evaluate(report, time.GetElapsedTime(0));
            entry.Stress.Observe(report, entry.Pool, time.GetElapsedTime(0));
            (changed, orphans) = RoomReports.Apply(entry, _table, report, pollStarted, time);
        });
        changed.ForEach(wakeups.Meeting);
        return orphans;
    }

    /// <summary>Records the failure that stops the node's Pod from being set up, or null.</summary>
    public void RecordSetupFailure(NamespacedName node, NodeFailure? failure) => Change(node, create: false, entry => entry.SetupFailure = failure);

    /// <summary>Records whether other nodes can take each meeting of the node.</summary>
    public void RecordPlacesElsewhere(NamespacedName node, bool exist) => Change(node, create: false, entry => entry.HasPlacesElsewhere = exist);

    /// <summary>Records that the node stays. An outdated or surplus node gets new meetings only if no other node can take them.</summary>
    public void KeepOpen(NamespacedName node, bool outdated, bool surplus) =>
        Change(node, create: false, entry => (entry.IsOutdated, entry.IsSurplus, entry.IsClosed) = (outdated, surplus, false));

    /// <summary>Closes the node to new meetings if it has none, so that it can be drained without moving any. Returns whether it did.</summary>
    public bool TryClose(NamespacedName node)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(node, out var entry) && (entry.IsClosed = _table.CountOn(node) == 0);
        }
    }

    /// <summary>Records a poll without a valid report. At most one of the two flags is true.</summary>
    public void RecordMissedPoll(PollTarget target, string reason, bool hasInvalidReport = false, bool isUntrusted = false)
    {
        var becameSilent = false;
        Change(target.Node, create: false, entry => becameSilent = entry.Target == target && entry.RecordMiss(reason, hasInvalidReport, isUntrusted, time));
        if (becameSilent)
        {
            wakeups.NodeSilent();
        }
    }

    /// <summary>What the media nodes that are polled show about their machines.</summary>
    public IReadOnlyList<MachineNode> FindMachines()
    {
        lock (_gate)
        {
            return ListMachines();
        }
    }

    /// <summary>
    /// Records the answers to a probe, which count only if the media nodes on the machine are still silent. Returns whether a media node there is given up because the machine is lost, and whether
    /// the answers show for the first time that it is.
    /// </summary>
    public (bool IsLost, bool IsNew) RecordProbe(MachineProbe probe, KubeletAnswer answer, KubeletAnswer control)
    {
        MachineNode[] nodes;
        bool wasLost, isLost;
        lock (_gate)
        {
            nodes = ListMachines();
            wasLost = _lostMachines.Contains(probe.Machine, probe.UnansweredSince);
            isLost = MachineProbeRules.IsLost(probe, answer, control, nodes);
            _lostMachines.Record(probe.Machine, isLost);
            isLost = _lostMachines.Contains(probe.Machine, probe.UnansweredSince); // false if the kubelet has renewed its Lease since
        }

        var there = Array.FindAll(nodes, node => node.Machine == probe.Machine);
        foreach (var node in there)
        {
            Change(node.Pod, create: false, static _ => { });
        }

        return (isLost && there.Any(node => View(node.Pod) is { IsDead: true }), isLost && !wasLost);
    }

    /// <summary>Records that the node rejected the meeting's room. The next placement tries other nodes, and this node gets no new rooms for a moment.</summary>
    public void RecordRoomRejection(MeetingRef meeting, NamespacedName node, long generation, string reason)
    {
        lock (_gate)
        {
            if (!TryUpdate(meeting, node, generation, assigned => assigned with { RoomRejection = reason }))
            {
                return;
            }
        }

        Change(node, create: false, rejecting => rejecting.RecordRejection(time, RejectionPause));
    }

    /// <summary>
    /// Decides and reserves in one step. Another placement or <see cref="Release"/> frees the reservation. Returns null when another meeting has the ID.
    /// </summary>
    public PlacementDecision? Place(MeetingDemand demand, MeetingRef meeting)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_table.IsHeldByAnother(meeting))
            {
                return null;
            }

            var nodes = Snapshots(now, except: meeting);
            demand = WithFacts(_reliefs.AddTo(demand, meeting), _table.Find(meeting));
            var input = new PlacementInput { Demand = demand, Nodes = nodes, Seed = TieBreaker.Rank(0, string.Empty, demand.MeetingId) };
            var holders = RoomGenerations.FindHolders(_nodes.Values, demand);
            var decision = _reliefs.Record(meeting, demand, RoomGenerations.RaiseAbove(demand, holders, RoomGenerations.Rejoin(input, holders, now) ?? PlacementPlanner.Decide(input, now)));
            if (decision.HasNewAssignments)
            {
                _table.Set(Apply(meeting, decision));
            }
            else if (decision.Nodes is [] && demand.Current is { } former)
            {
                _table.Set(new AssignedMeeting(meeting) { Region = former.Region, Generation = decision.Generation });
            }

            return decision;
        }
    }

    /// <summary>The first of the media nodes that participants use and that may no longer carry the meeting, with the reason; null when there is none.</summary>
    public (NamespacedName Node, string Reason)? FindDisallowedNode(MeetingDemand demand, MeetingRef meeting)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var assigned in (_table.Find(meeting)?.Nodes ?? []).Where(static node => node.Role == AssignmentRole.Origin || node is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Standby }))
            {
                if (_nodes.TryGetValue(assigned.Node, out var node) && node.Pool is not null
                    && PlacementPlanner.FindDisallowedReason(demand, node.Snapshot(_table.CountOn(assigned.Node), now, time, RejectionPause), now) is { } reason)
                {
                    return (assigned.Node, reason);
                }
            }

            return null;
        }
    }

    /// <summary>Returns those of <paramref name="demands"/>, all of meetings on <paramref name="node"/>, that no other node could take now. Reserves nothing.</summary>
    public IReadOnlyList<MeetingDemand> FindUnplaceable(NamespacedName node, IReadOnlyList<MeetingDemand> demands)
    {
        var now = time.GetUtcNow();
        NodeSnapshot[] nodes;
        lock (_gate)
        {
            nodes = Snapshots(now);
            var known = _table.On(node).ToDictionary(static meeting => meeting.MeetingId);
            demands = [.. demands.Select(demand => WithFacts(demand, known.GetValueOrDefault(demand.MeetingId)))];
        }

        var leaving = nodes.Select(each => each.Name == node.Name && each.Namespace == node.Namespace ? each with { IsDrainDue = true, IsForcedDrainDue = false } : each).ToArray();
        return [.. demands.Where(demand => !IsLeft(node, PlacementPlanner.Decide(new PlacementInput { Demand = demand, Nodes = leaving, Seed = 0 }, now)))];
    }

    /// <summary>Begins to move meetings off an overloaded node, as far as the limits allow it. Returns what is done about the overload; null without one.</summary>
    public NodeFailure? Relieve(NamespacedName node, IReadOnlyList<(MeetingRef Meeting, MeetingDemand Demand)> meetings)
    {
        IReadOnlyList<NamespacedName> begun;
        NodeFailure? finding;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            begun = _nodes.TryGetValue(node, out var entry) ? _reliefs.Relieve(entry, _table, () => Snapshots(now), meetings, now) : [];
            finding = entry?.Stress.Finding;
        }

        begun.ToList().ForEach(wakeups.Meeting);
        return finding;
    }

    /// <summary>
    /// Whether every node that may have a room of the namespace has reported since this operator became leader, or need not be waited for: it has missed enough polls, or
    /// the process that could have had a room from before has ended.
    /// </summary>
    public bool HaveNodesReported(string? @namespace)
    {
        lock (_gate)
        {
            return _nodes.Values.All(node => !node.IsVisibleTo(@namespace)
                || node.Target is null
                || node.Report is not null
                || node.MissedPolls >= NodeStateRules.DeadAfterMissedPolls
                || node.HasRestarted
                || (node.Pod is { } pod && PodRuns.FindStopReason(pod) is not null));
        }
    }

    /// <summary>
    /// Adopts the assignments from a status, unless the known ones are as new, or another meeting has the ID. Assignments whose generation is out of range are ignored.
    /// </summary>
    /// <param name="meeting">The meeting.</param>
    /// <param name="stored">The assignments from its status.</param>
    /// <param name="last">The generation of an assignment that the status does not list any more; 0 when it lists the last one.</param>
    public void Adopt(MeetingRef meeting, IReadOnlyList<MeetingAssignment> stored, long last = 0)
    {
        var valid = stored.Where(static assignment => assignment.Generation < ReportRules.MaxGeneration).ToArray();
        if (valid is not [var first, ..])
        {
            return;
        }

        var generation = Math.Max(valid.Max(static assignment => assignment.Generation), last < ReportRules.MaxGeneration ? last : 0);
        lock (_gate)
        {
            if (_table.IsHeldByAnother(meeting) || (_table.Find(meeting) is { } known && known.Generation >= generation))
            {
                return;
            }

            var nodes = valid.Where(static assignment => assignment.State != AssignmentState.Lost).Select(assignment => AssignedNode.Of(assignment, time)).ToArray();
            _table.Set(new AssignedMeeting(meeting) { Region = first.Region, Generation = generation, Nodes = nodes });
        }
    }

    /// <summary>Records that the node confirmed the room with the given participant limit and rule for connections.</summary>
    public void RecordRoom(MeetingRef meeting, NamespacedName node, long generation, int capacity, ConnectivityRule? connectivity = null)
    {
        lock (_gate)
        {
            TryUpdate(meeting, node, generation, assigned => assigned.WithRoom(capacity, connectivity, time));
        }
    }

    /// <summary>Raises the generation of the assignment to a node above the one that the node holds.</summary>
    public void RaiseGeneration(MeetingRef meeting, NamespacedName node, long generation)
    {
        lock (_gate)
        {
            if (_table.Find(meeting) is { } known && known.On(node) is { } assigned && assigned.Generation <= generation && generation < ReportRules.MaxGeneration)
            {
                _table.Set(known.With(assigned with { Generation = Math.Max(known.Generation, generation) + 1 }));
            }
        }
    }

    /// <summary>Removes an ended meeting.</summary>
    public void Release(MeetingRef meeting)
    {
        IReadOnlyList<AssignedNode> freed;
        lock (_gate)
        {
            freed = _table.Find(meeting)?.Nodes ?? [];
            _table.Remove(meeting);
            _reliefs.Forget(meeting);
        }

        foreach (var assigned in freed)
        {
            Change(assigned.Node, create: false, static _ => { });
        }

        if (freed.Count > 0)
        {
            wakeups.CapacityGrew();
        }
    }

    /// <summary>The meeting that owns an ID; null when no meeting has been placed under it.</summary>
    public MeetingRef? HolderOf(string meetingId)
    {
        lock (_gate)
        {
            return _table.FindRoom(meetingId)?.Ref;
        }
    }

    /// <summary>
    /// The nodes that the meeting has moved away from and on which participants remain according to the last reports, for example because signaling cannot notify them.
    /// Includes those in <paramref name="stored"/>, from the status, that have not reported to this operator yet.
    /// </summary>
    public IReadOnlyList<FormerNode> FormerNodesOf(MeetingRef meeting, IReadOnlyList<FormerNode> stored)
    {
        lock (_gate)
        {
            return [.. stored.Where(former => IsUnreported(meeting, former)).Union(FormerNodesOf(meeting)).Take(MaxFormerNodes)];
        }
    }

    /// <summary>The nodes that the meeting has moved away from and on which participants remain according to the last reports. Ordered by name.</summary>
    public IReadOnlyList<FormerNode> FormerNodesOf(MeetingRef meeting)
    {
        lock (_gate)
        {
            return _table.Find(meeting) is not { } known ? [] :
            [
                .. _nodes.Values.Where(node => node.IsFormerNodeOf(known)).OrderBy(static node => node.Key.ToString(), StringComparer.Ordinal)
                    .Select(node => new FormerNode { SfuNode = node.Key.Name, Namespace = node.Key.Namespace ?? string.Empty, Generation = node.Rooms[known.MeetingId].Generation }),
            ];
        }
    }

    /// <summary>The meetings that have moved away from a node while participants are still in their rooms there.</summary>
    public IReadOnlyList<NamespacedName> FormerMeetingsOn(NamespacedName node)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(node, out var entry) ? FormerMeetingsOn(entry) : [];
        }
    }

    /// <summary>The assignments of a meeting; null when it has not been placed yet.</summary>
    public AssignedMeeting? Current(MeetingRef meeting)
    {
        lock (_gate)
        {
            return _table.Find(meeting);
        }
    }

    /// <summary>How many more participants of the meeting each of its nodes can take. Empty for a meeting on one node, where there is no choice.</summary>
    public IReadOnlyDictionary<NamespacedName, int> FreePlacesOf(MeetingRef meeting)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_table.Find(meeting) is not { Nodes: { Count: > 1 } nodes })
            {
                return NoPlaces;
            }

            var incoming = _table.CountIncoming(meeting);
            return nodes.Where(assigned => _nodes.ContainsKey(assigned.Node)).ToDictionary(
                static assigned => assigned.Node,
                assigned => PlacementPlanner.FreePlaces(_nodes[assigned.Node].Snapshot(_table.CountOn(assigned.Node), now, time, RejectionPause, incoming.GetValueOrDefault(assigned.Node))));
        }
    }

    /// <summary>What a node last reported about the room of a meeting; null when it is unknown or has not reported yet.</summary>
    public ReportedRoom? FindReport(NamespacedName node, string meetingId)
    {
        lock (_gate)
        {
            return _nodes.GetValueOrDefault(node)?.FindReport(meetingId);
        }
    }

    public NodeView? View(NamespacedName node)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(node, out var entry) ? NodeView.Of(entry, _table.CountOn(node), time) : null;
        }
    }

    /// <summary>Wakes the meetings of a node, for example because its drain deadline has passed.</summary>
    public void WakeMeetings(NamespacedName node)
    {
        foreach (var meeting in MeetingsOn(node))
        {
            wakeups.Meeting(meeting);
        }
    }

    /// <summary>The meetings that are assigned to a node.</summary>
    public IReadOnlyList<NamespacedName> MeetingsOn(NamespacedName node)
    {
        lock (_gate)
        {
            return [.. _table.On(node).Select(entry => entry.Meeting)];
        }
    }

    /// <summary>The demand with the facts about the nodes that the meeting has. Requires the gate.</summary>
    private MeetingDemand WithFacts(MeetingDemand demand, AssignedMeeting? meeting) => MoveFacts.AddTo(
        demand, meeting, node => _nodes.GetValueOrDefault(node)?.Rooms.GetValueOrDefault(demand.MeetingId), time, node => _nodes.GetValueOrDefault(node)?.Decision.State != SfuNodeState.Unhealthy);

    /// <summary>The meeting after a decision. Assignments that the decision keeps retain what their nodes have reported.</summary>
    private AssignedMeeting Apply(MeetingRef meeting, PlacementDecision decision)
    {
        var known = _table.Find(meeting);
        var nodes = decision.Nodes.Select(node => known?.On(new NamespacedName(node.Namespace, node.SfuNode)) is { } before && before.Generation == node.Generation
            ? before.After(node, time)
            : AssignedNode.Of(node, time));
        var former = known ?? new AssignedMeeting(meeting) { Generation = decision.Generation };
        return former with { Region = decision.Nodes[0].Region, Generation = decision.Generation, Nodes = [.. nodes] };
    }

    /// <summary>Changes the assignment to one node. Returns false when the meeting has no assignment to the node with this generation.</summary>
    private bool TryUpdate(MeetingRef meeting, NamespacedName node, long generation, Func<AssignedNode, AssignedNode> change)
    {
        if (_table.Find(meeting) is not { } known || known.On(node) is not { } assigned || assigned.Generation != generation)
        {
            return false;
        }

        _table.Set(known.With(change(assigned)));
        return true;
    }

    private NodeSnapshot[] Snapshots(DateTimeOffset now, MeetingRef? except = null)
    {
        var nodes = new NodeSnapshot[_nodes.Count];
        var (incoming, growing) = (_table.CountIncoming(except), _table.CountGrowing(except));
        var index = 0;
        foreach (var entry in _nodes.Values)
        {
            nodes[index++] = entry.Snapshot(_table.CountOn(entry.Key), now, time, RejectionPause, incoming.GetValueOrDefault(entry.Key), growing.GetValueOrDefault(entry.Key), except?.Id);
        }

        return nodes;
    }

    /// <summary>Whether a decision takes the meeting off the node: it is not there, is leaving, or another node is being prepared.</summary>
    private static bool IsLeft(NamespacedName node, PlacementDecision decision) =>
        decision.Nodes is not []
        && (decision.Nodes.All(each => each.SfuNode != node.Name || each.Namespace != node.Namespace || each.State == NodeAssignmentState.Leaving)
            || decision.Nodes.Any(static each => each is { State: NodeAssignmentState.Preparing, Role: AssignmentRole.Edge }));

    private MachineNode[] ListMachines() => [.. _nodes.Values.Select(node => node.FindMachine(_table.CountOn(node.Key), time)).OfType<MachineNode>()];

    private static bool IsSame(SfuPool? before, SfuPool? now) =>
        before?.Metadata.Generation == now?.Metadata.Generation
        && Labels(before).SetEquals(Labels(now));

    /// <summary>Whether the node may still have participants of the meeting, of which a status is the only evidence.</summary>
    private bool IsUnreported(MeetingRef meeting, FormerNode former) =>
        _nodes.TryGetValue(new NamespacedName(former.Namespace, former.SfuNode), out var node)
        && node is { Report: null, HasRestarted: false, IsKnownDead: false }
        && node.CanCarry(meeting.Name.Namespace)
        && _table.Find(meeting)?.On(node.Key) is null;

    private static HashSet<KeyValuePair<string, string>> Labels(SfuPool? pool) => [.. pool?.Metadata.Labels ?? new Dictionary<string, string>()];

    private NamespacedName[] FormerMeetingsOn(FleetNode node) =>
    [
        .. node.Rooms.Keys.Select(_table.FindRoom).OfType<AssignedMeeting>().Where(node.IsFormerNodeOf).Select(static meeting => meeting.Meeting),
    ];

    /// <summary>Edits one node, derives its state again, and notifies the controllers that a state change affects.</summary>
    private void Change(NamespacedName key, bool create, Action<FleetNode> edit)
    {
        NodeStateDecision before;
        NodeStateDecision after;
        NamespacedName pool;
        bool opened;
        bool died;
        bool evicted;
        NamespacedName[] leaving;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(key, out var entry))
            {
                if (!create)
                {
                    return;
                }

                _nodes[key] = entry = new FleetNode(key, _lostMachines, heartbeats);
            }

            before = entry.Decision;
            var wasTerminating = entry.IsTerminating;
            leaving = FormerMeetingsOn(entry);
            edit(entry);
            evicted = entry.IsTerminating && !wasTerminating; // Compared directly, because the reason of the state may be another failure.
            after = entry.Decision = NodeStateRules.Derive(entry.Facts(_table.CountOn(key), time));
            entry.UnhealthySince = after.State == SfuNodeState.Unhealthy ? entry.UnhealthySince ?? time.GetTimestamp() : null;
            entry.WithoutMeetingsSince = _table.CountOn(key) == 0 ? entry.WithoutMeetingsSince ?? time.GetTimestamp() : null;
            var now = time.GetUtcNow();
            var dead = NodeLossRules.IsDead(entry.Facts(_table.CountOn(key), time), after, now);
            (died, entry.IsKnownDead) = (dead && !entry.IsKnownDead, dead);
            if (after.Reason == NodeStateRules.PodFailed)
            {
                entry.ClearReports(); // The next process must respond before it counts as serving.
            }

            var leavingNow = FormerMeetingsOn(entry);
            leaving = [.. leaving.Except(leavingNow), .. leavingNow.Except(leaving)];

            pool = new NamespacedName(key.Namespace, entry.Node.Spec.PoolRef.Name);
            var open = PlacementPlanner.CanTakeMeetings(entry.Snapshot(_table.CountOn(key), now, time, RejectionPause), now);
            (opened, entry.IsOpen) = (open && !entry.IsOpen, open);
        }

        if (opened)
        {
            wakeups.CapacityGrew();
        }

        foreach (var meeting in leaving)
        {
            wakeups.Meeting(meeting); // The former room has become empty or occupied.
        }

        if (before == after && !died && !evicted)
        {
            return;
        }

        wakeups.Node(key);
        wakeups.Pool(pool);
        if (died
            || evicted
            || ((ForwardingWatch.RequiresEviction(after.Reason) || after.Reason == NodeStateRules.PodTerminating) && before.Reason != after.Reason))
        {
            WakeMeetings(key);
        }
    }
}
