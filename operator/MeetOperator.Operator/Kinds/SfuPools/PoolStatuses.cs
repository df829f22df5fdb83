using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Builds the status of a pool from its nodes. Pure.</summary>
internal static class PoolStatuses
{
    private const int MaxMessage = 2048;

    /// <param name="pool">The pool.</param>
    /// <param name="nodes">Its nodes.</param>
    /// <param name="failure">Why nodes are missing, or null.</param>
    /// <param name="plan">What is done with the nodes now.</param>
    /// <param name="rollout">The state of its rollout.</param>
    /// <param name="now">The current time.</param>
    /// <param name="exposure">The condition ExposureReady; null leaves it as it is.</param>
    public static SfuPoolStatus Build(
        SfuPool pool, IReadOnlyList<(PoolNode Node, NodeView? View)> nodes, NodeFailure? failure, NodeSetPlan plan, SfuRolloutStatus? rollout, DateTimeOffset now, Condition? exposure = null)
    {
        var counted = nodes.Where(entry => entry.Node is { IsLeaving: false, IsOutOfService: false }).ToArray();
        var ready = counted.Count(entry => entry.Node.IsReady);
        var perNode = pool.Spec.Capacity.MaxParticipants;
        var wanted = pool.Spec.Replicas;
        var deleted = pool.Metadata.DeletionTimestamp is not null;
        var (isReady, stalled, reason, message) = deleted
            ? (false, false, "Deleting", $"the pool is being deleted; media nodes still draining: {nodes.Count}")
            : Summarize(wanted, ready, counted, failure);
        string[] draining = [.. nodes.Where(entry => entry.Node is { IsLeaving: true, IsCurrent: false }).Select(entry => entry.Node.Name).Order(StringComparer.Ordinal)];
        var updated = RolloutReport.Of(pool, [.. counted.Select(entry => entry.Node)], plan, draining, rollout);
        message = deleted || updated.Status == ConditionStatus.True ? message : $"{message}; {updated.Message}";
        var condition = new Condition
        {
            Type = MeetConditions.Ready,
            Status = isReady ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message,
            ObservedGeneration = pool.Metadata.Generation,
        };
        var before = pool.Status?.Conditions;
        var settled = isReady && !nodes.Any(entry => entry.Node.IsLeaving || entry.Node.IsOutOfService) && updated.Reason is not (RolloutReport.Replacing or RolloutReport.Trial);
        var blocked = Blocked(nodes);
        var isRolledBack = updated.Reason == RolloutReport.RolledBack;
        var conditions = isRolledBack && !stalled && !deleted ? ProgressConditions.Stalled(before, updated.Reason, updated.Message, pool.Metadata.Generation, now)
            : stalled ? ProgressConditions.Stalled(before, reason, message, pool.Metadata.Generation, now)
            : settled ? ProgressConditions.Reached(before)
            : ProgressConditions.Reconciling(before, isReady ? "NodesReplaced" : reason, isReady ? "media nodes are being replaced or drained" : message, pool.Metadata.Generation, now);
        conditions = DrainConditions.Set(Conditions.Set(conditions, updated, now), blocked, pool.Metadata.Generation, now);
        conditions = exposure is null ? conditions : Conditions.Set(conditions, exposure, now);
        return new SfuPoolStatus
        {
            ObservedGeneration = pool.Metadata.Generation,
            Replicas = counted.Length,
            ReadyReplicas = ready,
            AllocatedReplicas = nodes.Count(entry => entry.Node.Assigned > 0),
            DrainingReplicas = nodes.Count(entry => entry.Node.IsLeaving),
            UpdatedReplicas = counted.Count(entry => entry.Node.IsCurrent != isRolledBack),
            Selector = NodeLabels.PoolSelector(pool.Metadata.Name!),
            Meetings = nodes.Sum(entry => entry.Node.Assigned),
            Participants = nodes.Sum(entry => entry.Node.Users),
            FreeParticipants = counted.Where(entry => entry.Node.IsReady).Sum(entry => Math.Max(0, perNode - entry.Node.Users)),
            StressPct = nodes.Max(entry => (int?)Math.Round((entry.View?.Stress ?? 0) * 100)) ?? 0,
            Rollout = rollout,
            Message = Shorten(blocked is null ? message : $"{message}; {blocked.Message}"),
            Conditions = [.. Conditions.Set(conditions, condition, now)],
        };
    }

    private static string Shorten(string message) => message.Length <= MaxMessage ? message : message[..MaxMessage];

    /// <summary>The first node whose drain is blocked, and the number of others.</summary>
    private static NodeFailure? Blocked(IReadOnlyList<(PoolNode Node, NodeView? View)> nodes)
    {
        var blocked = nodes.Where(entry => entry.Node.Blocked is not null).Select(entry => entry.Node).OrderBy(node => node.Name, StringComparer.Ordinal).ToArray();
        return blocked is not [var first, ..] ? null : first.Blocked! with
        {
            Message = $"{first.Name}: {first.Blocked.Message}{(blocked.Length > 1 ? $" (and {blocked.Length - 1} more media nodes)" : string.Empty)}",
        };
    }

    private static (bool Ready, bool Stalled, string Reason, string Message) Summarize(
        int wanted, int ready, IReadOnlyList<(PoolNode Node, NodeView? View)> counted, NodeFailure? failure)
    {
        if (failure is not null)
        {
            return (ready >= wanted, failure.RequiresIntervention, failure.Reason, failure.Message);
        }

        var count = $"{ready} of {wanted} media nodes accept meetings";
        var (stuck, stuckView) = counted.FirstOrDefault(entry => entry.View is { Decision.IsStalled: true });
        if (stuck is not null)
        {
            return (ready >= wanted, true, stuckView!.Decision.Reason, $"{count}; {stuck.Name}: {stuckView.Decision.Message}");
        }

        if (ready >= wanted)
        {
            return (true, false, "AllReady", count);
        }

        var (node, view) = counted.FirstOrDefault(entry => !entry.Node.IsReady);
        return (false, false, "NodesNotReady", node is null ? count : $"{count}; {node.Name}: {view?.Decision.Message ?? "it is being created"}");
    }
}
