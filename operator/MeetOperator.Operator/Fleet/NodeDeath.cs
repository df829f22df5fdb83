using MeetOperator.Contracts;

namespace MeetOperator.Operator.Fleet;

/// <summary>What it means that a media node does not serve: whether its pool needs another, and whether somebody may still be on it. Pure.</summary>
internal static class NodeDeath
{
    /// <summary>A process that died is back by then; what is still away is replaced.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(20);

    /// <summary>Silence after which nobody is taken to be on a node of which the cluster says nothing, or that its machine is away.</summary>
    public static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(60);

    /// <summary>What a kubelet may take beyond a Pod's grace period before it counts as gone.</summary>
    private static readonly TimeSpan KubeletSlack = TimeSpan.FromSeconds(10);

    /// <summary>The pool must not count on the node.</summary>
    /// <param name="facts">What is known of the node.</param>
    /// <param name="verdict">What follows from them.</param>
    /// <param name="unhealthyFor">Since when it has not served; zero while it does.</param>
    /// <param name="now">The present time.</param>
    public static bool IsLost(NodeFacts facts, NodeVerdict verdict, TimeSpan unhealthyFor, DateTimeOffset now) =>
        Overdue(facts, now) || (verdict.State == SfuNodeState.Unhealthy && (facts.Machine is { Ready: false } || unhealthyFor >= LostAfter));

    /// <summary>Nobody can be on the node any more. One that answers, with a report that is refused, is not dead: an older or newer process may well carry people.</summary>
    /// <param name="facts">What is known of the node.</param>
    /// <param name="verdict">What follows from them.</param>
    /// <param name="unhealthyFor">Since when it has not served; zero while it does.</param>
    /// <param name="othersAnswer">Another node answers: the silence is this node's, and not the operator's own.</param>
    /// <param name="now">The present time.</param>
    public static bool IsDead(NodeFacts facts, NodeVerdict verdict, TimeSpan unhealthyFor, bool othersAnswer, DateTimeOffset now) =>
        verdict.State == SfuNodeState.Unhealthy
        && (verdict.Reason is NodeStateRules.PodFailed or ForwardingWatch.NotForwarding
            || facts.Machine is { Gone: true }
            || Overdue(facts, now)
            || (unhealthyFor >= DeadAfter && !facts.AnswersWrongly && (othersAnswer || facts.Machine is { Ready: false })));

    /// <summary>The kubelet should have ended the Pod and has not.</summary>
    private static bool Overdue(NodeFacts facts, DateTimeOffset now) => facts.Pod?.Metadata.DeletionTimestamp is { } due && now - due > KubeletSlack;
}
