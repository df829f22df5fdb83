using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// The consequences of a media node that is not serving: whether its pool needs a replacement, and whether participants may still be connected. Pure.
/// </summary>
internal static class NodeLossRules
{
    /// <summary>A process that crashed is usually back within this time; one that is not is replaced.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long the pool keeps a node that only the operator cannot reach, at least. Its meetings work, and cannot be moved without a pause while the operator cannot link the node.
    /// </summary>
    public static readonly TimeSpan GivenUpAfter = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long the kubelet's probe and the operator's polls must fail together. The probe runs once a second, and under load one or two failures are normal.
    /// </summary>
    public static readonly TimeSpan MinProbeFailureTime = TimeSpan.FromSeconds(3);

    /// <summary>How long a kubelet may exceed a Pod's grace period before it counts as failed.</summary>
    private static readonly TimeSpan KubeletSlack = TimeSpan.FromSeconds(10);

    /// <summary>Whether the pool must create a replacement. A node that has never served is not replaced, since the replacement would fail in the same way.</summary>
    /// <param name="facts">The observed facts.</param>
    /// <param name="decision">The state derived from them.</param>
    /// <param name="unhealthyFor">How long the node has been unhealthy; zero while it is serving.</param>
    /// <param name="now">The current time.</param>
    public static bool IsLost(NodeFacts facts, NodeStateDecision decision, TimeSpan unhealthyFor, DateTimeOffset now) =>
        IsOverdue(facts, now) || (decision.State == SfuNodeState.Unhealthy && (facts.ClusterNode is { IsReady: false } || (facts.HasServed && unhealthyFor >= LostAfter)));

    /// <summary>
    /// Whether the operator cannot reach the node and nothing else shows that it has failed, so that people may be connected to it and join there. The kubelet's readiness probe is
    /// the evidence that it works: without it, the node is dead after <see cref="MinProbeFailureTime"/>.
    /// </summary>
    /// <param name="facts">The observed facts.</param>
    /// <param name="decision">The state derived from them.</param>
    /// <param name="now">The current time.</param>
    public static bool IsUnreachable(NodeFacts facts, NodeStateDecision decision, DateTimeOffset now) =>
        decision is { State: SfuNodeState.Unhealthy, Reason: NodeStateRules.NotAnswering or NodeStateRules.Untrusted }
        && facts is { HasServed: true, Pod.Metadata.DeletionTimestamp: null, ClusterNode: not { IsCordoned: true } }
        && !IsDead(facts, decision, now);

    /// <summary>
    /// Since when the node has not answered, by its status, which an earlier leader may have written; null when it answers. The time of the condition remains when a new leader writes
    /// the status. It is older than that of the last report when the node was not ready before, for example cordoned.
    /// </summary>
    /// <param name="node">The node with its stored status.</param>
    /// <param name="lastSeen">Time of the last report to this leader, or null.</param>
    public static DateTimeOffset? FindSilence(SfuNode node, DateTimeOffset? lastSeen)
    {
        if (Conditions.Get(node.Status?.Conditions, MeetConditions.Ready) is not { Status: ConditionStatus.False, Reason: NodeStateRules.NotAnswering or NodeStateRules.Untrusted, LastTransitionTime: { } since })
        {
            return null;
        }

        since = node.Status?.LastSeen is { } stored && stored > since ? stored : since;
        return lastSeen is { } seen && seen > since ? seen : since;
    }

    /// <summary>Whether a node that is unreachable for so long is expected to answer again, so that nothing is done about its meetings.</summary>
    public static bool IsAwaited(NodeFacts facts, TimeSpan silentFor) =>
        silentFor < GivenUpAfter || silentFor.TotalSeconds < (facts.Pool is { } pool ? DrainWaits.SecondsOf(pool.Spec.Drain, isAnswering: false) : 0);

    /// <summary>
    /// Whether no participant can still be connected to the node. Missed polls alone never prove that: a single NetworkPolicy or broken route between the operator and the
    /// node would otherwise end calls that still work.
    /// </summary>
    /// <param name="facts">The observed facts.</param>
    /// <param name="decision">The state derived from them.</param>
    /// <param name="now">The current time.</param>
    public static bool IsDead(NodeFacts facts, NodeStateDecision decision, DateTimeOffset now) => decision.State switch
    {
        SfuNodeState.Unhealthy => decision.Reason is NodeStateRules.PodFailed or ForwardingWatch.NotForwarding
            || FindEvidence(facts) is not null
            || (!facts.IsAnswering && IsOverdue(facts, now)),
        SfuNodeState.Starting => HasLostProcess(facts),
        _ => false,
    };

    /// <summary>
    /// Whether the process that held the node's rooms has ended and its successor has not responded yet. A successor may never start, for example because its Pod cannot be scheduled.
    /// </summary>
    private static bool HasLostProcess(NodeFacts facts) => facts.HasServed && (facts.HasRestarted || PodRuns.HasNeverRun(facts.Pod));

    /// <summary>Evidence other than missed polls that the process which held the node's rooms has ended, or null.</summary>
    public static string? FindEvidence(NodeFacts facts) =>
        facts.HasRestarted || (facts.LastSeen is null && PodRuns.HasStartedAfter(facts.Pod, facts.Node.Status?.LastSeen)) ? "its process has restarted"
        : facts.Pod is { Spec.Containers.Count: > 0 } pod && ControlSecret.NameIn(pod) is null ? "it runs a version without certificate support"
        : facts.IsAnswering ? null
        : facts.ClusterNode is { IsMissing: true } missing ? $"cluster node {missing.Name} no longer exists"
        : facts.ClusterNode is { IsReady: false } notReady ? $"cluster node {notReady.Name} is not ready"
        : facts is { IsMachineLost: true, Pod.Spec.NodeName: { } lost } ? $"neither the operator nor the API server reaches cluster node {lost}"
        : facts is { IsMachineSilent: true, ClusterNode: { } silent } ? $"the kubelet of cluster node {silent.Name} does not renew its Lease"
        : PodRuns.IsNodeUnreachable(facts.Pod) ? "the cluster has marked the Pod's cluster node as unreachable"
        : HasFailedProbe(facts) ? "the kubelet's readiness probe fails as well"
        : null;

    /// <summary>A draining node reports itself as not ready, so its readiness is no evidence.</summary>
    private static bool HasFailedProbe(NodeFacts facts) =>
        facts is { ReportsDraining: false, Pod.Metadata.DeletionTimestamp: null } && !(facts.LastSeen is null && NodeStateRules.IsDraining(facts.Node)) && facts.NotReadyFor >= MinProbeFailureTime;

    /// <summary>The kubelet should have ended the Pod by now and has not.</summary>
    private static bool IsOverdue(NodeFacts facts, DateTimeOffset now) => facts.Pod?.Metadata.DeletionTimestamp is { } due && now - due > KubeletSlack;
}
