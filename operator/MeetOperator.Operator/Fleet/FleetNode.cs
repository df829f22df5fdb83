using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Fleet;

/// <summary>The state of one media node in memory, from the cluster and from polls. Guarded by the fleet.</summary>
internal sealed class FleetNode(NamespacedName key, LostMachines lostMachines, MachineHeartbeats? heartbeats = null)
{
    private string? _untrustedPod;

    /// <summary>Timestamp of the rejection of a room that began the last pause; null before the first one.</summary>
    private long? _rejectedAt;

    public NamespacedName Key { get; } = key;
    public SfuNode Node { get; set; } = new();
    public SfuPool? Pool { get; set; }
    public bool IsInSharedNamespace { get; set; }

    /// <summary>True when the node's namespace belongs to a tenant.</summary>
    public bool IsInTenantNamespace { get; set; } = true;
    public Pod? Pod { get; set; }

    /// <summary>True while the Pod is being deleted. Its process ends within the grace period.</summary>
    public bool IsTerminating => Pod?.Metadata.DeletionTimestamp is not null;
    public ClusterNode? ClusterNode { get; set; }

    /// <summary>Name of the cluster node that runs the Pod; null when it is not scheduled.</summary>
    public string? Machine => Pod?.Spec.NodeName is { Length: > 0 } machine ? machine : null;
    public NodeReport? Report { get; set; }

    /// <summary>Timestamp at which the poll of <see cref="Report"/> began.</summary>
    public long ReportStarted { get; set; }

    /// <summary>The rooms in <see cref="Report"/>, by meeting ID.</summary>
    public Dictionary<string, RoomReport> Rooms { get; } = new(StringComparer.Ordinal);

    /// <summary>Wall-clock time of the last report, for display. Ages are computed from <see cref="LastSeenTimestamp"/>.</summary>
    public DateTimeOffset? LastSeen { get; set; }
    public long LastSeenTimestamp { get; set; }
    public int MissedPolls { get; set; }
    public string? MissReason { get; set; }

    /// <summary>True when the last poll returned a report that was rejected.</summary>
    public bool HasInvalidReport { get; set; }

    /// <summary>True when the last poll failed because one side rejected the other's certificate.</summary>
    public bool IsUntrusted { get; set; }

    /// <summary>Number of consecutive Pods whose credentials were rejected.</summary>
    public int UntrustedPods { get; private set; }

    /// <summary>Timestamp of the last poll that received any response.</summary>
    public long AnsweredAt { get; private set; }

    /// <summary>Timestamp of the first of the consecutive polls without any response; null when the last poll got one, or none has ended yet.</summary>
    public long? UnansweredSince { get; private set; }

    /// <summary>Monotonic timestamp at which the kubelet first reported the container as not ready; null while it is ready or no state is reported.</summary>
    public long? NotReadySince { get; set; }

    /// <summary>True when the node runs another process than the one that last responded, and that process has not responded yet.</summary>
    public bool HasRestarted { get; set; }
    public NodeFailure? SetupFailure { get; set; }
    public ForwardingWatch Forwarding { get; } = new();
    public StressWatch Stress { get; } = new();
    public NodeFailure? ForwardingFailure { get; set; }

    /// <summary>True when the node was created from an older template than its pool's.</summary>
    public bool IsOutdated { get; set; }

    /// <summary>True when the pool has more nodes than it wants, because this one has stood in for another.</summary>
    public bool IsSurplus { get; set; }

    /// <summary>True when the node is empty and about to be drained, so that no meeting is placed on it.</summary>
    public bool IsClosed { get; set; }

    public NodeStateDecision Decision { get; set; } = new(SfuNodeState.Starting, "Starting", string.Empty);
    public PollTarget? Target { get; set; }

    /// <summary>Timestamp since which the node has been Unhealthy; null in any other state.</summary>
    public long? UnhealthySince { get; set; }

    /// <summary>The time since which the node has not answered, by its status, which an earlier leader may have written; null when it answers.</summary>
    public MonotonicTime? Silence { get; set; }

    /// <summary>True when other nodes could take each of its meetings at the last check. Checked only while the node is unreachable and not awaited.</summary>
    public bool HasPlacesElsewhere { get; set; }

    /// <summary>Monotonic timestamp at which the node last became free of meetings; null while it has one.</summary>
    public long? WithoutMeetingsSince { get; set; }

    /// <summary>True when the last check found that no participant could still be connected to the node.</summary>
    public bool IsKnownDead { get; set; }

    /// <summary>Start of the drain; null while the node is not draining.</summary>
    public MonotonicTime? Drain { get; set; }

    /// <summary>True when the node could take a meeting at the last check.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Rooms without a meeting on this node, with the timestamp at which each was first seen.</summary>
    public Dictionary<string, long> Orphans { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the meeting has moved away from this node while participants are still in its room here, according to the last report. While the node does not respond,
    /// participants may have joined or stayed, unless it is known to be dead.
    /// </summary>
    public bool IsFormerNodeOf(AssignedMeeting meeting) =>
        !IsKnownDead
        && meeting.On(Key) is null
        && CanCarry(meeting.Meeting.Namespace)
        && Rooms.TryGetValue(meeting.MeetingId, out var room)
        && (Decision.State == SfuNodeState.Unhealthy || NodeEmptiness.CountSessions(room) > 0);

    /// <summary>Whether meetings of a namespace may be on the node at all. Reports about other meetings are ignored.</summary>
    public bool IsVisibleTo(string? @namespace) => IsInSharedNamespace || Key.Namespace == @namespace;

    /// <summary>
    /// False for a node of another tenant, which a meeting in the namespace cannot have been placed on. Nodes in a namespace that was removed from the installation's list
    /// keep their rooms.
    /// </summary>
    public bool CanCarry(string? @namespace) => IsVisibleTo(@namespace) || !IsInTenantNamespace;

    /// <summary>What the node reported about the room of a meeting; null before its first report.</summary>
    public ReportedRoom? FindReport(string meetingId) => Report is null || Target is null ? null : new ReportedRoom
    {
        Target = Target,
        InstanceId = Report.InstanceId,
        PollStarted = ReportStarted,
        IsAnswering = MissedPolls == 0,
        CanLink = Report.CanLink,
        MaxLinkKbps = Report.CanLimitLinks ? Pool?.Spec.Capacity.MaxLinkKbps : null,
        Addresses = LinkAddresses.Find(Pod?.Status?.PodIps is [_, ..] all ? all.Select(static address => address.Ip) : [Pod?.Status?.PodIp], Report.MediaAddresses),
        Room = Rooms.GetValueOrDefault(meetingId),
    };

    public NodeFacts Facts(int meetings, TimeProvider time) => new()
    {
        Node = Node,
        Pool = Pool,
        Pod = Pod,
        ClusterNode = ClusterNode,
        IsMachineSilent = MissedPolls > 0 && ClusterNode is { IsMissing: false } machine && heartbeats?.IsSilent(machine.Name) == true,
        IsMachineLost = UnansweredSince is { } silent && Machine is { } polled && lostMachines.Contains(polled, silent),
        HasAddress = Target is not null,
        LastSeen = LastSeen,
        MissedPolls = MissedPolls,
        MissReason = MissReason,
        HasInvalidReport = HasInvalidReport,
        IsUntrusted = IsUntrusted,
        UntrustedPods = UntrustedPods,
        NotReadyFor = NotReadySince is { } since ? time.GetElapsedTime(Math.Max(since, AnsweredAt)) : TimeSpan.Zero,
        HasRestarted = HasRestarted,
        SetupFailure = SetupFailure,
        ForwardingFailure = ForwardingFailure,
        ReportsDraining = Report?.State == NodeControl.NodeState.Draining,
        Meetings = meetings,
        WaitsUntil = NodeStateRules.DrainDeadline(Node, Pool) is { } deadline && deadline > DrainNow(time.GetUtcNow(), time) ? deadline : null,
    };

    /// <summary>The current time for the drain deadline, protected against jumps of the wall clock.</summary>
    public DateTimeOffset DrainNow(DateTimeOffset now, TimeProvider time) => Drain is { } since ? since.Value + since.Elapsed(time) : now;

    /// <summary>Clears the results of earlier polls. They describe the previous Pod's process.</summary>
    public void ClearReports()
    {
        Report = null;
        LastSeen = null;
        MissedPolls = 0;
        MissReason = null;
        UnansweredSince = null;
        HasInvalidReport = false;
        IsUntrusted = false;
        ForwardingFailure = null;
        Forwarding.Reset();
        Stress.Reset();
        Orphans.Clear();
        Rooms.Clear();
    }

    /// <summary>Records that a poll got a response. Its machine works, whatever a probe has shown.</summary>
    public void RecordResponse(TimeProvider time)
    {
        (AnsweredAt, UnansweredSince) = (time.GetTimestamp(), null);
        if (Machine is { } machine)
        {
            lostMachines.Record(machine, isLost: false);
        }
    }

    /// <summary>Records a poll without a valid report. Returns true if there was no response at all, for the first time since the last response.</summary>
    public bool RecordMiss(string reason, bool hasInvalidReport, bool isUntrusted, TimeProvider time)
    {
        MissedPolls++;
        (MissReason, HasInvalidReport, IsUntrusted) = (reason, hasInvalidReport, isUntrusted);
        if (isUntrusted && MissedPolls >= NodeStateRules.DeadAfterMissedPolls)
        {
            CountUntrustedPod();
        }

        if (hasInvalidReport || isUntrusted)
        {
            RecordResponse(time);
            return false;
        }

        var wasSilent = UnansweredSince is not null;
        UnansweredSince ??= time.GetTimestamp();
        return !wasSilent;
    }

    /// <summary>What the node shows about its machine; null when it is not polled or not scheduled.</summary>
    public MachineNode? FindMachine(int meetings, TimeProvider time) => Target is null || Machine is not { } machine ? null : new MachineNode
    {
        Machine = machine,
        Pod = Key,
        UnansweredSince = UnansweredSince,
        AnsweredAt = AnsweredAt,
        HasServed = UnansweredSince is not null && Facts(meetings, time).HasServed,
        IsHealthy = Report is not null && MissedPolls == 0 && !IsTerminating,
        IsReportedLost = ClusterNode is { IsReady: false },
    };

    /// <summary>Counts each Pod once, regardless of how often it is polled.</summary>
    private void CountUntrustedPod()
    {
        if (Pod?.Metadata.Uid is { } uid && uid != _untrustedPod)
        {
            _untrustedPod = uid;
            UntrustedPods++;
        }
    }

    /// <summary>Resets the count once the node has served.</summary>
    public void ResetUntrustedPods() => (_untrustedPod, UntrustedPods) = (null, 0);

    /// <summary>Records that the node rejected a room. Further rejections during the pause do not extend it: they come from meetings that were assigned to the node before.</summary>
    public void RecordRejection(TimeProvider time, TimeSpan pause) => _rejectedAt = IsRejecting(time, pause) ? _rejectedAt : time.GetTimestamp();

    /// <summary>How long the node has been Unhealthy under this leader; zero in any other state.</summary>
    public TimeSpan UnhealthyFor(TimeProvider time) => UnhealthySince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>How long the unreachable node has not answered, including the time under earlier leaders as far as its status shows it.</summary>
    public TimeSpan SilentFor(TimeProvider time) => Silence?.Elapsed(time) is { } silent && silent > UnhealthyFor(time) ? silent : UnhealthyFor(time);

    public NodeSnapshot Snapshot(int meetings, DateTimeOffset now, TimeProvider time, TimeSpan rejectionPause, int incoming = 0, int growing = 0, string? meeting = null)
    {
        var capacity = Pool?.Spec.Capacity ?? new SfuCapacity();
        var drainNow = DrainNow(now, time);
        var isRejecting = IsRejecting(time, rejectionPause);
        var dead = NodeLossRules.IsDead(Facts(meetings, time), Decision, now);
        return new NodeSnapshot
        {
            Namespace = Key.Namespace ?? string.Empty,
            Name = Key.Name,
            Pool = Node.Spec.PoolRef.Name,
            PoolLabels = Pool?.Metadata.Labels as IReadOnlyDictionary<string, string> ?? NoLabels,
            IsInSharedNamespace = IsInSharedNamespace,
            Region = Pool?.Spec.Region,
            Zone = ClusterNode?.Zone,
            ClusterNode = Machine,
            State = (isRejecting || IsClosed) && Decision.CanTakeMeetings ? SfuNodeState.Draining : Decision.State,
            IsRejecting = isRejecting && Decision.CanTakeMeetings,
            MayBeAlive = Decision.State == SfuNodeState.Unhealthy && !dead,
            HasLostRooms = Decision.State == SfuNodeState.Starting && dead,
            IsOutdated = IsOutdated,
            IsSurplus = IsSurplus,
            IsCutOff = ForwardingWatch.RequiresEviction(ForwardingFailure?.Reason),
            ServesMeeting = meeting is not null && ForwardingFailure is { Reason: ForwardingWatch.LoopStuck } && Report is { } report
                && Rooms.TryGetValue(meeting, out var room) && RoomLoops.Work(report, room),
            HasLinks = Report is { CanLink: true },
            IsEnding = IsTerminating,
            Unschedulable = Node.Spec.Unschedulable || ClusterNode is { IsCordoned: true },
            IsDrainDue = IsTerminating || NodeStateRules.IsDrainDue(Node, Pool, drainNow),
            IsForcedDrainDue = NodeStateRules.IsForcedDrainDue(Node, Pool, drainNow),
            Meetings = meetings,
            Participants = Report?.Participants ?? 0,
            IncomingParticipants = incoming,
            GrowingMeetings = growing,
            MaxMeetings = capacity.MaxMeetings,
            MaxParticipants = capacity.MaxParticipants,
            Stress = Stress.Stress,
            StressThreshold = capacity.StressThreshold,
            StressGoal = StressLimits.Of(Pool).Goal,
            LastSeen = LastSeen is null ? null : now - time.GetElapsedTime(LastSeenTimestamp),
        };
    }

    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>Whether the node gets no new rooms for a moment because it rejected one.</summary>
    private bool IsRejecting(TimeProvider time, TimeSpan pause) => _rejectedAt is { } at && time.GetElapsedTime(at) < pause;
}
