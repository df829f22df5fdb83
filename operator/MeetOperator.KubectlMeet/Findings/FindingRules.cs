using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Findings;

/// <summary>Decides what is not well. Most messages are those of the objects' conditions, which say what to do. Pure.</summary>
internal static class FindingRules
{
    /// <summary>How long a new object may have no status.</summary>
    private static readonly TimeSpan StatusGrace = TimeSpan.FromSeconds(30);

    /// <summary>Problems first, then notices; each in the order tenants, pools, nodes, meetings.</summary>
    public static IReadOnlyList<Finding> All(Inventory inventory, DateTimeOffset now)
    {
        IEnumerable<Finding> found =
        [
            .. Installation(inventory),
            .. inventory.Tenants.SelectMany(tenant => Of(tenant, now)),
            .. inventory.Pools.SelectMany(pool => Of(pool, now)),
            .. inventory.Nodes.SelectMany(node => Of(node, inventory.PoolOf(node), now)),
            .. inventory.Meetings.SelectMany(meeting => Of(meeting, now)),
        ];
        return [.. found.OrderBy(finding => finding.Severity)];
    }

    public static IEnumerable<Finding> Of(Tenant tenant, DateTimeOffset now)
    {
        if (tenant.Status is not { } status)
        {
            return Unprocessed(tenant, now);
        }

        return Problem(tenant, status.Conditions, MeetConditions.Ready).Concat(Holding(tenant, status.Conditions, MeetConditions.DeletionBlocked, Severity.Notice))
            .Concat(Problem(tenant, status.Conditions, MeetConditions.ApiKeysReady));
    }

    public static IEnumerable<Finding> Of(SfuPool pool, DateTimeOffset now)
    {
        if (pool.Status is not { } status)
        {
            foreach (var finding in Unprocessed(pool, now))
            {
                yield return finding;
            }

            yield break;
        }

        foreach (var finding in Problem(pool, status.Conditions, MeetConditions.Ready))
        {
            yield return finding;
        }

        if (status is { ReadyReplicas: > 0, FreeParticipants: 0 })
        {
            yield return New(Severity.Problem, pool, "the pool is full: no media node has a free place, so new meetings wait; increase spec.replicas, or spec.capacity if the media nodes can carry more");
        }

        foreach (var condition in status.Conditions.Where(condition => condition is { Type: MeetConditions.ExposureReady, Status: ConditionStatus.False }))
        {
            yield return New(Severity.Problem, pool, condition.Message);
        }

        foreach (var condition in status.Conditions.Where(condition => condition is { Type: MeetConditions.Updated, Status: ConditionStatus.False }))
        {
            yield return New(Severity.Notice, pool, condition.Message);
        }
    }

    public static IEnumerable<Finding> Of(SfuNode node, SfuPool? pool, DateTimeOffset now)
    {
        if (node.Status is not { } status)
        {
            return Unprocessed(node, now);
        }

        var blocked = Holding(node, status.Conditions, MeetConditions.DrainBlocked, Severity.Problem).ToArray();
        if (blocked.Length > 0)
        {
            return blocked;
        }

        var message = Find(status.Conditions, MeetConditions.Ready)?.Message ?? status.Message ?? $"the media node is {status.State}";
        if (status.State is SfuNodeState.Unhealthy || Find(status.Conditions, MeetConditions.Stalled) is { Status: ConditionStatus.True })
        {
            return [New(Severity.Problem, node, message)];
        }

        if (status.State is not (SfuNodeState.Ready or SfuNodeState.Allocated) || node.Spec.Unschedulable || Find(status.Conditions, MeetConditions.Ready) is { Status: ConditionStatus.False })
        {
            return [New(Severity.Notice, node, message)];
        }

        var limit = (int)Math.Round((pool?.Spec.Capacity.StressThreshold ?? new SfuCapacity().StressThreshold) * 100);
        return status.StressPct < limit ? []
            : [New(Severity.Problem, node, $"overloaded: its busiest media loop uses {status.StressPct} % of its time, and from {limit} % on it takes no new meetings; increase spec.replicas of pool {node.Spec.PoolRef.Name}")];
    }

    public static IEnumerable<Finding> Of(Meeting meeting, DateTimeOffset now)
    {
        if (meeting.Status is not { } status)
        {
            return Unprocessed(meeting, now);
        }

        if (status.EndedAt is not null)
        {
            return [];
        }

        var waiting = Problem(meeting, status.Conditions, MeetConditions.Ready).Select(finding => status.Rejections.Count == 0 ? finding
            : finding with { Message = $"{finding.Message}; 'kubectl meet why {finding.Name}' explains it" });
        return status.FormerNodes.Count == 0 ? waiting
            : [.. waiting, New(Severity.Notice, meeting, $"people are still on media nodes that the meeting has left: {string.Join(", ", status.FormerNodes.Select(node => node.SfuNode))}")];
    }

    public static bool IsWell(IEnumerable<Finding> findings) => findings.All(finding => finding.Severity != Severity.Problem);

    private static IEnumerable<Finding> Installation(Inventory inventory)
    {
        if (!inventory.HasAllNamespaces)
        {
            yield break; // There may be pools that were not read.
        }

        if (inventory.Pools.Count == 0)
        {
            yield return new Finding(Severity.Problem, nameof(SfuPool), "(none)", "there is no pool of media nodes, so no meeting can be held: create an SfuPool");
        }
        else if (inventory.Nodes.Count > 0 && !inventory.Nodes.Any(node => Find(node.Status?.Conditions ?? [], MeetConditions.Ready) is { Status: ConditionStatus.True }))
        {
            yield return new Finding(Severity.Problem, nameof(SfuNode), "(all)", "no media node accepts new meetings");
        }
    }

    private static IEnumerable<Finding> Unprocessed(KubernetesObject item, DateTimeOffset now) => now - item.Metadata.CreationTimestamp < StatusGrace ? []
        : [New(Severity.Problem, item, "the operator has written no status: look at the Pods of the operator and their logs (label meetoperator.io/component=operator)")];

    /// <summary>A condition that should be True and is not.</summary>
    private static IEnumerable<Finding> Problem(KubernetesObject item, IEnumerable<Condition> conditions, string type) =>
        Find(conditions, type) is { Status: not ConditionStatus.True } condition ? [New(Severity.Problem, item, Text(condition))] : [];

    /// <summary>A condition that is present only while something is not as it should be.</summary>
    private static IEnumerable<Finding> Holding(KubernetesObject item, IEnumerable<Condition> conditions, string type, Severity severity) =>
        Find(conditions, type) is { Status: ConditionStatus.True } condition ? [New(severity, item, Text(condition))] : [];

    private static string Text(Condition condition) => condition.Message.Length > 0 ? condition.Message : $"{condition.Type} is {condition.Status} ({condition.Reason})";

    private static Condition? Find(IEnumerable<Condition> conditions, string type) => conditions.FirstOrDefault(condition => condition.Type == type);

    private static Finding New(Severity severity, KubernetesObject item, string message) => new(severity, item.Kind ?? item.GetType().Name, item.Metadata.NamespacedName.ToString(), message);
}
