using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Fleet;

/// <summary>Derives the state of a media node from the observed facts. Pure.</summary>
internal static class NodeStateRules
{
    /// <summary>Number of consecutive missed polls after which a node counts as not serving.</summary>
    public const int DeadAfterMissedPolls = 3;

    /// <summary>Reason of a state that was derived from the Pod and not from polls.</summary>
    public const string PodFailed = "PodFailed";

    /// <summary>The reason when a node does not respond to polls.</summary>
    public const string NotAnswering = "NotAnswering";

    /// <summary>Reason of a node that is still serving while its Pod is being deleted.</summary>
    public const string PodTerminating = "PodTerminating";

    /// <summary>Reason of a node whose cluster node is cordoned.</summary>
    public const string MachineCordoned = "MachineCordoned";

    /// <summary>
    /// Reason of a node whose credentials were issued by an authority that no longer exists, for example after a restart with the Pod's Secret from before a
    /// rotation.
    /// </summary>
    public const string Untrusted = "Untrusted";

    public static NodeStateDecision Derive(NodeFacts facts)
    {
        if (PodDied(facts) is { } death)
        {
            return new NodeStateDecision(SfuNodeState.Unhealthy, PodFailed, death);
        }

        if (facts.LastSeen is not null && !facts.HasAddress)
        {
            return new NodeStateDecision(SfuNodeState.Unhealthy, PodFailed, "the Pod no longer has an address");
        }

        if (facts.MissedPolls >= DeadAfterMissedPolls && facts.IsUntrusted)
        {
            var consequence = facts.HasServed ? Consequence(facts) : string.Empty;
            return new NodeStateDecision(SfuNodeState.Unhealthy, Untrusted, $"the node and the operator do not accept each other's certificates ({facts.MissReason}){consequence}{Repetition(facts)}");
        }

        if (facts.MissedPolls >= DeadAfterMissedPolls && facts.HasServed)
        {
            return new NodeStateDecision(SfuNodeState.Unhealthy, NotAnswering, $"the media node does not respond to the operator ({facts.MissReason}){Consequence(facts)}");
        }

        // A new leader relies on the previous leader's status: three polls correct it if needed, and placement waits for the first.
        if (facts.LastSeen is null && !(facts.HasAddress && facts.Node.Status?.State is SfuNodeState.Ready or SfuNodeState.Allocated or SfuNodeState.Draining))
        {
            return Starting(facts);
        }

        if (facts.ForwardingFailure is { Reason: ForwardingWatch.NotForwarding } broken)
        {
            return new NodeStateDecision(SfuNodeState.Unhealthy, broken.Reason, broken.Message);
        }

        if (facts.Pod?.Metadata.DeletionTimestamp is not null)
        {
            return new NodeStateDecision(SfuNodeState.Draining, PodTerminating, "the Pod is being deleted: its meetings move to other nodes while it still serves");
        }

        // Takes precedence over the drain: meetings on a node that clients cannot reach must not wait for the drain deadline.
        if (facts.ForwardingFailure is { } cutOff)
        {
            return new NodeStateDecision(SfuNodeState.Draining, cutOff.Reason, cutOff.Message);
        }

        if (IsDraining(facts.Node))
        {
            return new NodeStateDecision(SfuNodeState.Draining, "Draining", facts is { WaitsUntil: { } until, Meetings: > 0 }
                ? $"the media node is draining: it waits until {DrainTime.Of(until)} for {(facts.Meetings == 1 ? "1 meeting" : $"{facts.Meetings} meetings")} to end, then they move"
                : $"the media node is draining; meetings remaining: {facts.Meetings}");
        }

        if (facts.ReportsDraining)
        {
            return new NodeStateDecision(SfuNodeState.Draining, "Draining", "the node reports that it is draining");
        }

        var state = facts.Meetings > 0 ? SfuNodeState.Allocated : SfuNodeState.Ready;
        return facts.Node.Spec.Unschedulable
            ? new NodeStateDecision(state, "Cordoned", "the media node is cordoned: to allow new meetings, set spec.unschedulable to false") { IsCordoned = true }
            : facts.ClusterNode is { IsCordoned: true } clusterNode
            ? new NodeStateDecision(state, MachineCordoned, $"cluster node {clusterNode.Name} is cordoned, so the media node on it is being replaced: to keep it, run kubectl uncordon {clusterNode.Name}") { IsCordoned = true }
            : new NodeStateDecision(state, "Serving", "the media node accepts new meetings");
    }

    /// <summary>Whether the status shows that the node has reported at least once. A node can be Unhealthy without, if its credentials were never accepted.</summary>
    public static bool HasServed(SfuNode node) =>
        node.Status is { State: SfuNodeState.Ready or SfuNodeState.Allocated or SfuNodeState.Draining } or { State: SfuNodeState.Unhealthy, LastSeen: not null };

    /// <summary>
    /// Age at which a Pod with rejected credentials is recreated. It doubles with each Pod, up to five minutes, since a new Secret does not fix a wrong clock, for example.
    /// </summary>
    /// <param name="pods">Number of consecutive Pods with this failure, including the current one.</param>
    public static TimeSpan UntrustedPodAge(int pods) => TimeSpan.FromSeconds(Math.Min(20 << Math.Clamp(pods - 1, 0, 4), 300));

    public static bool IsDraining(SfuNode node) => node.Spec.Drain is not null || node.Spec.DrainRequestedAt is not null || node.Metadata.DeletionTimestamp is not null;

    /// <summary>
    /// Start of the drain: as recorded in the status, otherwise as far as the object shows. Null while the node is not draining or the start is unknown.
    /// </summary>
    public static DateTimeOffset? DrainSince(SfuNode node) =>
        IsDraining(node) ? node.Status?.DrainRequestedAt ?? node.Spec.DrainRequestedAt ?? node.Metadata.DeletionTimestamp : null;

    /// <summary>
    /// The time at which a draining node's meetings must leave; null while it is not draining. The deadline is immediate without a pool and for a forced drain. A node that does not answer
    /// cannot be linked, so people would notice the move: there, the policy Migrate waits too, until people have left or the node answers.
    /// </summary>
    public static DateTimeOffset? DrainDeadline(SfuNode node, SfuPool? pool)
    {
        var ownPace = pool is { Metadata.DeletionTimestamp: null } && node.Spec.Drain is not { Force: true } ? DrainWaits.SecondsOf(pool.Spec.Drain, isAnswering: node.Status?.State != SfuNodeState.Unhealthy) : 0;
        return DrainSince(node)?.AddSeconds(node.Spec.Drain?.DeadlineSeconds ?? ownPace);
    }

    /// <summary>Whether meetings leave as soon as another node can take them.</summary>
    public static bool IsDrainDue(SfuNode node, SfuPool? pool, DateTimeOffset now) => DrainDeadline(node, pool) is { } deadline && deadline <= now;

    /// <summary>Whether meetings leave even if no other node can take them, without waiting for participants.</summary>
    public static bool IsForcedDrainDue(SfuNode node, SfuPool? pool, DateTimeOffset now) => node.Spec.Drain is { Force: true } && IsDrainDue(node, pool, now);

    private static string? PodDied(NodeFacts facts)
    {
        if (facts.Pod is not { } pod)
        {
            return facts.HasServed ? "the Pod no longer exists" : null;
        }

        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            return $"the Pod has ended ({pod.Status.Reason ?? pod.Status.Phase})";
        }

        return facts.HasServed && PodRuns.FindStopReason(pod) is { } stopped ? $"the process has stopped ({stopped})" : null;
    }

    private static string Consequence(NodeFacts facts) => NodeLossRules.FindEvidence(facts) is { } evidence ? $", and {evidence}: its meetings are being moved"
        : facts.Pod?.Metadata.DeletionTimestamp is not null ? ", and its Pod is being deleted: its meetings are being moved"
        : ", but nothing else shows that it has failed: its meetings stay and it gets no new ones; check routes and NetworkPolicies between the operator and the node";

    private static string Repetition(NodeFacts facts) => facts.UntrustedPods <= 1 ? string.Empty
        : $"; {facts.UntrustedPods} consecutive Pods failed in this way, so the next one is created only when this one is {UntrustedPodAge(facts.UntrustedPods).TotalSeconds:0} s old: compare the clocks of the cluster nodes that run the operator and the media node";

    private static NodeStateDecision Starting(NodeFacts facts)
    {
        if ((facts.SetupFailure ?? (facts.Pod is { } pod ? PodFailures.Find(facts.Node, pod) : null)) is { } failure)
        {
            return new NodeStateDecision(SfuNodeState.Starting, failure.Reason, failure.Message) { IsStalled = failure.RequiresIntervention };
        }

        return new NodeStateDecision(SfuNodeState.Starting, "Starting", facts.Pod is null ? "the Pod is being created"
            : facts.MissReason is { } miss ? $"the Pod is running, but its control port does not respond yet: {miss}"
            : "the Pod is starting");
    }
}
