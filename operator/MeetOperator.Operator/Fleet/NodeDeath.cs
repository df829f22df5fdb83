using MeetOperator.Contracts;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Fleet;

/// <summary>What it means that a media node does not serve: whether its pool needs another, and whether somebody may still be on it. Pure.</summary>
internal static class NodeDeath
{
    /// <summary>A process that died is back by then; what is still away is replaced.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long the kubelet's probe and the operator's polls must have failed together. The probe runs once a second: a busy machine makes one or two of them fail, and people go on talking.
    /// </summary>
    public static readonly TimeSpan ProbeFailsFor = TimeSpan.FromSeconds(3);

    /// <summary>What a kubelet may take beyond a Pod's grace period before it counts as gone.</summary>
    private static readonly TimeSpan KubeletSlack = TimeSpan.FromSeconds(10);

    /// <summary>The pool must not count on the node, and makes another. Not for one that never served: another would meet the same problem.</summary>
    /// <param name="facts">What is known of the node.</param>
    /// <param name="verdict">What follows from them.</param>
    /// <param name="unhealthyFor">Since when it has not served; zero while it does.</param>
    /// <param name="now">The present time.</param>
    public static bool IsLost(NodeFacts facts, NodeVerdict verdict, TimeSpan unhealthyFor, DateTimeOffset now) =>
        Overdue(facts, now) || (verdict.State == SfuNodeState.Unhealthy && (facts.Machine is { Ready: false } || (facts.Served && unhealthyFor >= LostAfter)));

    /// <summary>
    /// Nobody can be on the node any more. That it does not answer the operator is not enough, however long: one NetworkPolicy or one broken route would take it
    /// from people who talk on it.
    /// </summary>
    /// <param name="facts">What is known of the node.</param>
    /// <param name="verdict">What follows from them.</param>
    /// <param name="now">The present time.</param>
    public static bool IsDead(NodeFacts facts, NodeVerdict verdict, DateTimeOffset now) => verdict.State switch
    {
        SfuNodeState.Unhealthy => verdict.Reason is NodeStateRules.PodFailed or ForwardingWatch.NotForwarding
            || Evidence(facts) is not null
            || (!facts.Answers && Overdue(facts, now)),
        SfuNodeState.Starting => HasLostItsProcess(facts),
        _ => false,
    };

    /// <summary>
    /// The process that carried the node's meetings is gone with their rooms, and the next one has not answered yet. It may never come: no machine may take its Pod.
    /// </summary>
    private static bool HasLostItsProcess(NodeFacts facts) => facts.Served && (facts.HasRestarted || PodRuns.HasNotBegun(facts.Pod));

    /// <summary>What says, besides missed polls, that the process which carried the node's meetings is gone; null when nothing does.</summary>
    public static string? Evidence(NodeFacts facts) =>
        facts.HasRestarted || (facts.LastSeen is null && PodRuns.HasStartedAfter(facts.Pod, facts.Node.Status?.LastSeen)) ? "its process was started again"
        : facts.Pod is { Spec.Containers.Count: > 0 } pod && ControlSecret.NameIn(pod) is null ? "it is of a version that takes no certificates"
        : facts.Answers ? null
        : facts.Machine is { Gone: true } gone ? $"cluster node {gone.Name} is gone"
        : facts.Machine is { Ready: false } away ? $"cluster node {away.Name} is not ready"
        : PodRuns.IsGivenUp(facts.Pod) ? "the cluster has given up the Pod's machine"
        : HasFailedItsProbe(facts) ? "the kubelet's probe fails, too"
        : null;

    /// <summary>A node that knows that it drains says itself that it is not ready, so its readiness tells nothing.</summary>
    private static bool HasFailedItsProbe(NodeFacts facts) =>
        facts is { ReportsDraining: false, Pod.Metadata.DeletionTimestamp: null } && !(facts.LastSeen is null && NodeStateRules.IsDraining(facts.Node)) && facts.NotReadyFor >= ProbeFailsFor;

    /// <summary>The kubelet should have ended the Pod and has not.</summary>
    private static bool Overdue(NodeFacts facts, DateTimeOffset now) => facts.Pod?.Metadata.DeletionTimestamp is { } due && now - due > KubeletSlack;
}
