using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>The observed facts about one media node, from the cluster and from polls; the input of <see cref="NodeStateRules"/>.</summary>
internal sealed record NodeFacts
{
    public required SfuNode Node { get; init; }

    /// <summary>Null when the pool no longer exists.</summary>
    public SfuPool? Pool { get; init; }
    public Pod? Pod { get; init; }

    /// <summary>The cluster node that runs the Pod; null when the Pod is not scheduled or cluster nodes cannot be read.</summary>
    public ClusterNode? ClusterNode { get; init; }

    /// <summary>True when the kubelet of the cluster node has not renewed its Lease in time, while those of at least half of the cluster nodes have.</summary>
    public bool IsMachineSilent { get; init; }

    /// <summary>True when the API server does not reach the kubelet of the Pod's cluster node either, while it reaches others (<see cref="MachineProbeRules"/>).</summary>
    public bool IsMachineLost { get; init; }

    /// <summary>True when the Pod is running and has an address to poll.</summary>
    public bool HasAddress { get; init; } = true;

    /// <summary>Time of the last report of the current Pod; null before the first one.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>
    /// True when the node has reported at least once, to this operator or to an earlier one, which then recorded it in a status or assigned a meeting.
    /// </summary>
    public bool HasServed => LastSeen is not null
        || Meetings > 0
        || PodRuns.HasRunSince(Pod, Node.Status?.LastSeen)
        || NodeStateRules.HasServed(Node);

    /// <summary>Number of consecutive polls without a valid report.</summary>
    public int MissedPolls { get; init; }

    /// <summary>The reason why the last poll failed.</summary>
    public string? MissReason { get; init; }

    /// <summary>True when the last poll returned a report that was rejected. The process is running, so participants may be connected.</summary>
    public bool HasInvalidReport { get; init; }

    /// <summary>True when the last poll failed because one side rejected the other's certificate.</summary>
    public bool IsUntrusted { get; init; }

    /// <summary>Number of the node's consecutive Pods, including the current one, whose credentials were rejected and that never served.</summary>
    public int UntrustedPods { get; init; }

    /// <summary>True when the last poll received any response, so a process is running.</summary>
    public bool IsAnswering => HasInvalidReport || IsUntrusted;

    /// <summary>How long both the kubelet's readiness probe and the operator's polls have failed; zero while one of them succeeds.</summary>
    public TimeSpan NotReadyFor { get; init; }

    /// <summary>True when the current process is not the one that last responded and has not responded yet. The rooms of the previous process are lost.</summary>
    public bool HasRestarted { get; init; }

    /// <summary>The failure to create the Pod or to find its address, or null.</summary>
    public NodeFailure? SetupFailure { get; init; }

    /// <summary>The failure of a node that responds but does not forward media, or null.</summary>
    public NodeFailure? ForwardingFailure { get; init; }

    /// <summary>True when the node's own report shows that it is draining.</summary>
    public bool ReportsDraining { get; init; }
    public int Meetings { get; init; }

    /// <summary>The time until which the meetings of a draining node may end by themselves; null when they move now.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }
}
