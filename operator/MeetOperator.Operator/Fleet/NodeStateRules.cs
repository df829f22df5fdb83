using MeetOperator.Contracts;

namespace MeetOperator.Operator.Fleet;

/// <summary>Derives a media node's state from what is known of it. Pure.</summary>
internal static class NodeStateRules
{
    /// <summary>Polls in a row without an answer after which a node does not serve.</summary>
    public const int DeadAfterMissedPolls = 3;

    /// <summary>Reason of a verdict that comes from the Pod and not from polls.</summary>
    public const string PodFailed = "PodFailed";

    /// <summary>Reason of a node whose Pod somebody deleted and that still serves.</summary>
    public const string PodTerminating = "PodTerminating";

    /// <summary>Reason of a node whose machine is cordoned.</summary>
    public const string MachineCordoned = "MachineCordoned";

    /// <summary>Reason of a node whose credentials are of an authority that is gone, such as one that was started again from the Secret of its Pod after a rotation.</summary>
    public const string Untrusted = "Untrusted";

    public static NodeVerdict Derive(NodeFacts facts)
    {
        if (PodDied(facts) is { } death)
        {
            return new NodeVerdict(SfuNodeState.Unhealthy, PodFailed, death);
        }

        if (facts.LastSeen is not null && !facts.HasAddress)
        {
            return new NodeVerdict(SfuNodeState.Unhealthy, PodFailed, "the Pod has no address any more");
        }

        if (facts.Missed >= DeadAfterMissedPolls && facts.IsUntrusted)
        {
            var consequence = facts.Served ? Consequence(facts) : string.Empty;
            return new NodeVerdict(SfuNodeState.Unhealthy, Untrusted, $"the node's certificate and the operator's do not fit each other ({facts.MissReason}){consequence}{Repetition(facts)}");
        }

        if (facts.Missed >= DeadAfterMissedPolls && facts.Served)
        {
            return new NodeVerdict(SfuNodeState.Unhealthy, "NotAnswering", $"the node does not answer the operator ({facts.MissReason}){Consequence(facts)}");
        }

        // A leader that has just begun believes what the one before it wrote; three polls will tell, and placement waits for the first.
        if (facts.LastSeen is null && !(facts.HasAddress && facts.Node.Status?.State is SfuNodeState.Ready or SfuNodeState.Allocated or SfuNodeState.Draining))
        {
            return Starting(facts);
        }

        if (facts.Fault is { Reason: ForwardingWatch.NotForwarding } broken)
        {
            return new NodeVerdict(SfuNodeState.Unhealthy, broken.Reason, broken.Message);
        }

        if (facts.Pod?.Metadata.DeletionTimestamp is not null)
        {
            return new NodeVerdict(SfuNodeState.Draining, PodTerminating, "the Pod is being deleted: its meetings move to other nodes while it still serves");
        }

        // Judged before the drain: on a node that does not forward, meetings must not wait for a drain's deadline.
        if (facts.Fault is { } cutOff)
        {
            return new NodeVerdict(SfuNodeState.Draining, cutOff.Reason, cutOff.Message);
        }

        if (IsDraining(facts.Node))
        {
            return new NodeVerdict(SfuNodeState.Draining, "Draining", $"the node is being emptied: {facts.Meetings} meetings are left");
        }

        if (facts.ReportsDraining)
        {
            return new NodeVerdict(SfuNodeState.Draining, "Draining", "the node says that it takes no new meetings");
        }

        var state = facts.Meetings > 0 ? SfuNodeState.Allocated : SfuNodeState.Ready;
        return facts.Node.Spec.Unschedulable
            ? new NodeVerdict(state, "Cordoned", "the node is cordoned: set spec.unschedulable to false to let it take new meetings") { Cordoned = true }
            : facts.Machine is { Cordoned: true } machine
            ? new NodeVerdict(state, MachineCordoned, $"cluster node {machine.Name} is cordoned, so the media node on it is replaced: kubectl uncordon {machine.Name} lets it take new meetings") { Cordoned = true }
            : new NodeVerdict(state, "Serving", "the node takes new meetings");
    }

    /// <summary>An operator once wrote down that it answered. A node can be unhealthy without: one whose credentials have never fitted.</summary>
    public static bool HasServed(SfuNode node) =>
        node.Status is { State: SfuNodeState.Ready or SfuNodeState.Allocated or SfuNodeState.Draining } or { State: SfuNodeState.Unhealthy, LastSeen: not null };

    /// <summary>
    /// Age at which a Pod whose credentials do not fit is made anew. It doubles from Pod to Pod, up to five minutes: a new Secret does not help against a wrong clock, for example.
    /// </summary>
    /// <param name="pods">Pods in a row with this trouble, the present one included.</param>
    public static TimeSpan UntrustedPodAge(int pods) => TimeSpan.FromSeconds(Math.Min(20 << Math.Clamp(pods - 1, 0, 4), 300));

    public static bool IsDraining(SfuNode node) => node.Spec.Drain is not null || node.Spec.DrainRequestedAt is not null || node.Metadata.DeletionTimestamp is not null;

    /// <summary>Since when the node drains: as the operator wrote it down, else as far as the object itself tells; null while it does not drain or nobody knows yet.</summary>
    public static DateTimeOffset? DrainSince(SfuNode node) =>
        IsDraining(node) ? node.Status?.DrainRequestedAt ?? node.Spec.DrainRequestedAt ?? node.Metadata.DeletionTimestamp : null;

    /// <summary>When a draining node's meetings are to leave; null while it does not drain. Without its pool a node has no reason to wait, and by force neither.</summary>
    public static DateTimeOffset? DrainDeadline(SfuNode node, SfuPool? pool)
    {
        var ownPace = pool is { Metadata.DeletionTimestamp: null } && node.Spec.Drain is not { Force: true } ? pool.Spec.Drain.DeadlineSeconds : 0;
        return DrainSince(node)?.AddSeconds(node.Spec.Drain?.DeadlineSeconds ?? ownPace);
    }

    /// <summary>Meetings leave as soon as another node can take them.</summary>
    public static bool IsEvicting(SfuNode node, SfuPool? pool, DateTimeOffset now) => DrainDeadline(node, pool) is { } deadline && deadline <= now;

    /// <summary>Meetings leave also when no node can take them, and people are not waited for.</summary>
    public static bool IsDropping(SfuNode node, SfuPool? pool, DateTimeOffset now) => node.Spec.Drain is { Force: true } && IsEvicting(node, pool, now);

    private static string? PodDied(NodeFacts facts)
    {
        if (facts.Pod is not { } pod)
        {
            return facts.Served ? "the Pod is gone" : null;
        }

        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            return $"the Pod has ended ({pod.Status.Reason ?? pod.Status.Phase})";
        }

        return facts.Served && PodRuns.WhyStopped(pod) is { } stopped ? $"the process has stopped ({stopped})" : null;
    }

    private static string Consequence(NodeFacts facts) => NodeDeath.Evidence(facts) is { } evidence ? $", and {evidence}: its meetings move"
        : facts.Pod?.Metadata.DeletionTimestamp is not null ? ", and its Pod is being deleted: its meetings move"
        : ", and nothing else says that it is dead: its meetings stay, new ones go elsewhere; look at routes and NetworkPolicies between the operator and the node";

    private static string Repetition(NodeFacts facts) => facts.UntrustedPods <= 1 ? string.Empty
        : $"; {facts.UntrustedPods} Pods in a row had this problem, so the next one is made only when this one is {UntrustedPodAge(facts.UntrustedPods).TotalSeconds:0} s old: compare the clocks of the cluster nodes that run the operator and the media node";

    private static NodeVerdict Starting(NodeFacts facts)
    {
        if ((facts.Problem ?? (facts.Pod is { } made ? PodTrouble.Of(facts.Node, made) : null)) is { } problem)
        {
            return new NodeVerdict(SfuNodeState.Starting, problem.Reason, problem.Message) { Stalled = problem.NeedsPeople };
        }

        return new NodeVerdict(SfuNodeState.Starting, "Starting", facts.Pod is null ? "the Pod is being made"
            : facts.MissReason is { } miss ? $"the Pod runs, its control port does not answer yet: {miss}"
            : "the Pod is starting");
    }
}
