using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.NodeControl;
using MeetOperator.Placement;

namespace MeetOperator.Operator.Fleet;

/// <summary>One media node in memory: what the cluster says, and what the polls say. Guarded by the fleet.</summary>
internal sealed class FleetNode(NamespacedName key)
{
    private string? _untrustedPod;

    public NamespacedName Key { get; } = key;
    public SfuNode Node { get; set; } = new();
    public SfuPool? Pool { get; set; }
    public bool SharedNamespace { get; set; }
    public Pod? Pod { get; set; }

    /// <summary>The Pod is being deleted: its process ends within the grace period.</summary>
    public bool IsTerminating => Pod?.Metadata.DeletionTimestamp is not null;
    public Machine? Machine { get; set; }
    public NodeReport? Report { get; set; }

    /// <summary>Generations of the rooms in <see cref="Report"/>, by meeting id.</summary>
    public Dictionary<string, long> Rooms { get; } = new(StringComparer.Ordinal);

    /// <summary>When it answered last, for people; how long ago that is goes by <see cref="SeenAt"/>.</summary>
    public DateTimeOffset? LastSeen { get; set; }
    public long SeenAt { get; set; }
    public int Missed { get; set; }
    public string? MissReason { get; set; }

    /// <summary>The node answered the last poll with a report that was refused.</summary>
    public bool AnswersWrongly { get; set; }

    /// <summary>The last poll failed because one side does not take the other's certificate.</summary>
    public bool IsUntrusted { get; set; }

    /// <summary>Pods in a row whose credentials did not fit.</summary>
    public int UntrustedPods { get; private set; }

    /// <summary>Timestamp of the last poll that was answered in any way.</summary>
    public long AnsweredAt { get; set; }

    /// <summary>When the kubelet first reported the container as not ready (a monotonic timestamp); null while it reports it as ready, or reports nothing.</summary>
    public long? NotReadySince { get; set; }

    /// <summary>Another process runs than the one that answered last, and it has not answered yet.</summary>
    public bool HasRestarted { get; set; }
    public NodeProblem? Problem { get; set; }
    public ForwardingWatch Forwarding { get; } = new();
    public NodeProblem? Fault { get; set; }

    /// <summary>Made from an older template than its pool's.</summary>
    public bool Outdated { get; set; }

    /// <summary>Empty and about to be drained: no meeting is placed on it any more.</summary>
    public bool Closed { get; set; }

    /// <summary>Why and since when (timestamp) the node refuses new rooms, learnt from its own answer.</summary>
    public string? Refusal { get; set; }
    public long RefusedAt { get; set; }
    public NodeVerdict Verdict { get; set; } = new(SfuNodeState.Starting, "Starting", string.Empty);
    public PollTarget? Target { get; set; }

    /// <summary>Timestamp since which the verdict has been Unhealthy; null while it is another.</summary>
    public long? UnhealthySince { get; set; }

    /// <summary>When the node last became free of meetings (a monotonic timestamp); null while it has one.</summary>
    public long? WithoutMeetingsSince { get; set; }

    /// <summary>Nobody could be on it any more when it was last looked at.</summary>
    public bool WasDead { get; set; }

    /// <summary>Since when it drains; null while it does not.</summary>
    public SteadyMark? Drain { get; set; }

    /// <summary>It could take some meeting when it was last looked at.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Rooms that belong to no meeting, with the timestamp at which they were first seen.</summary>
    public Dictionary<string, long> Orphans { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether meetings of a namespace may be on the node at all; what others report of them counts for nothing.</summary>
    public bool IsVisibleTo(string? @namespace) => SharedNamespace || Key.Namespace == @namespace;

    public NodeFacts Facts(int meetings, TimeProvider time) => new()
    {
        Node = Node,
        Pool = Pool,
        Pod = Pod,
        Machine = Machine,
        HasAddress = Target is not null,
        LastSeen = LastSeen,
        Missed = Missed,
        MissReason = MissReason,
        AnswersWrongly = AnswersWrongly,
        IsUntrusted = IsUntrusted,
        UntrustedPods = UntrustedPods,
        NotReadyFor = NotReadySince is { } since ? time.GetElapsedTime(Math.Max(since, AnsweredAt)) : TimeSpan.Zero,
        HasRestarted = HasRestarted,
        Problem = Problem,
        Fault = Fault,
        ReportsDraining = Report?.State == NodeControl.NodeState.Draining,
        Meetings = meetings,
    };

    /// <summary>The present time for the node's drain, whose deadline a jump of the wall clock does not bring nearer.</summary>
    public DateTimeOffset DrainNow(DateTimeOffset now, TimeProvider time) => Drain is { } since ? since.Value + since.Elapsed(time) : now;

    /// <summary>Another Pod is another process: what was polled of the former one says nothing about it.</summary>
    public void ForgetReports()
    {
        Report = null;
        LastSeen = null;
        Missed = 0;
        MissReason = null;
        AnswersWrongly = false;
        IsUntrusted = false;
        Fault = null;
        Forwarding.Forget();
        Orphans.Clear();
        Rooms.Clear();
    }

    /// <summary>Each Pod counts once, however often it is polled.</summary>
    public void CountUntrusted()
    {
        if (Pod?.Metadata.Uid is { } uid && uid != _untrustedPod)
        {
            _untrustedPod = uid;
            UntrustedPods++;
        }
    }

    /// <summary>The node has served.</summary>
    public void ForgetUntrusted() => (_untrustedPod, UntrustedPods) = (null, 0);

    public NodeSnapshot Snapshot(int meetings, DateTimeOffset now, TimeProvider time, TimeSpan refusalPause)
    {
        var capacity = Pool?.Spec.Capacity ?? new SfuCapacity();
        var drainNow = DrainNow(now, time);
        var refused = Refusal is not null && time.GetElapsedTime(RefusedAt) < refusalPause;
        var dead = NodeDeath.IsDead(Facts(meetings, time), Verdict, now);
        return new NodeSnapshot
        {
            Namespace = Key.Namespace ?? string.Empty,
            Name = Key.Name,
            Pool = Node.Spec.PoolRef.Name,
            PoolLabels = Pool?.Metadata.Labels as IReadOnlyDictionary<string, string> ?? NoLabels,
            SharedNamespace = SharedNamespace,
            Region = Pool?.Spec.Region,
            State = (refused || Closed) && Verdict.TakesMeetings ? SfuNodeState.Draining : Verdict.State,
            MayLive = Verdict.State == SfuNodeState.Unhealthy && !dead,
            HasLostRooms = Verdict.State == SfuNodeState.Starting && dead,
            Outdated = Outdated,
            CutOff = ForwardingWatch.IsToBeLeft(Fault?.Reason),
            Unschedulable = Node.Spec.Unschedulable || Machine is { Cordoned: true },
            Evicting = IsTerminating || NodeStateRules.IsEvicting(Node, Pool, drainNow),
            Dropping = NodeStateRules.IsDropping(Node, Pool, drainNow),
            Meetings = meetings,
            Participants = Report?.Participants ?? 0,
            MaxMeetings = capacity.MaxMeetings,
            MaxParticipants = capacity.MaxParticipants,
            Stress = Report?.Stress ?? 0,
            StressThreshold = capacity.StressThreshold,
            LastSeen = LastSeen is null ? null : now - time.GetElapsedTime(SeenAt),
        };
    }

    private static readonly Dictionary<string, string> NoLabels = [];
}
