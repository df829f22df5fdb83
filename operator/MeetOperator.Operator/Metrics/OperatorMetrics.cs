using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Terms;
using MeetOperator.Placement.Decisions;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Metrics;

/// <summary>The operator's own instruments. Kube.Runtime provides those for queues and reconciles.</summary>
internal sealed class OperatorMetrics
{
    /// <summary>Most tenants in one metric.</summary>
    private const int MaxTenants = 500;
    private readonly Counter<long> _placements;
    private readonly Histogram<double> _ready;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _missedPolls;

    /// <summary>Bytes by the hash of a tenant.</summary>
    private readonly ConcurrentDictionary<string, long> _relayed = new(StringComparer.Ordinal);

    public OperatorMetrics(ClusterView cluster, LeadershipGuard guard, IMeterFactory meters)
    {
        var meter = meters.Create("MeetOperator.Operator");
        _placements = meter.CreateCounter<long>("meet_operator_placements_total", description: "Placement decisions that changed an assignment, by outcome.");
        _ended = meter.CreateCounter<long>("meet_operator_meetings_ended_total", description: "Meetings that ended, by reason.");
        _missedPolls = meter.CreateCounter<long>("meet_operator_missed_polls_total", description: "Polls of media nodes without a valid report, by cause: timeout, unreachable, untrusted or report-rejected.");
        _ready = meter.CreateHistogram<double>("meet_operator_meeting_ready_seconds", "s", "Time from a meeting's creation to its first readiness; creation times have a resolution of one second.");
        meter.CreateObservableGauge("meet_operator_leader", () => guard.IsLeading ? 1 : 0, description: "1 while this replica leads.");
        meter.CreateObservableGauge("meet_operator_meetings", () => Count(cluster.Meetings.List(), meeting => meeting.Status?.Phase?.ToString() ?? "New", "phase"), description: "Meetings by phase.");
        meter.CreateObservableGauge("meet_operator_media_nodes", () => Count(cluster.Nodes.List(), node => node.Status?.State?.ToString() ?? "New", "state"), description: "Media nodes by state.");
        meter.CreateObservableGauge("meet_operator_participants", () => (long)cluster.Meetings.List().Sum(meeting => meeting.Status?.Participants ?? 0), description: "Participants in meetings.");
        meter.CreateObservableGauge("meet_operator_relays", () => Sum(cluster.TurnPools.List(), pool => pool.Status?.ReadyReplicas ?? 0), description: "Relays that take participants, by the namespace of their pool.");
        meter.CreateObservableGauge("meet_operator_relay_allocations", () => Sum(cluster.TurnPools.List(), pool => pool.Status?.Allocations ?? 0), description: "Allocations on relays, by the namespace of their pool.");
        meter.CreateObservableGauge("meet_operator_relay_mbps", () => Sum(cluster.TurnPools.List(), pool => pool.Status?.Mbps ?? 0), description: "Megabits per second on relays in both directions, by the namespace of their pool.");
        meter.CreateObservableGauge("meet_operator_tenant_relay_allocations", () => ByTenant(cluster.Tenants.List(), tenant => tenant.Status?.Usage.TurnAllocations ?? 0), description: "Allocations that tenants have on relays, for the tenants with most of them.");
        meter.CreateObservableGauge("meet_operator_tenant_relay_mbps", () => ByTenant(cluster.Tenants.List(), tenant => tenant.Status?.Usage.TurnMbps ?? 0), description: "Megabits per second that relays forward for tenants in both directions, for the tenants with most of them.");
        meter.CreateObservableCounter(
            "meet_operator_tenant_relay_bytes_total", () => ByTenant(cluster.Tenants.List(), tenant => _relayed.GetValueOrDefault(TurnTenant.HashOf(tenant.Metadata.Name!))),
            description: "Bytes that relays have forwarded for tenants in both directions while this replica led, for the tenants with most of them.");
    }

    public void RecordPlacement(PlacementOutcome outcome) => _placements.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    public void RecordEnd(string reason) => _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void RecordMissedPoll(string cause) => _missedPolls.Add(1, new KeyValuePair<string, object?>("cause", cause));

    public void RecordReady(TimeSpan afterCreation) => _ready.Record(Math.Max(0, afterCreation.TotalSeconds));

    /// <summary>Adds what a relay has forwarded for the tenant with this hash. The sum never overflows, because a tenant's own relay can report any number.</summary>
    public void RecordRelayed(string tenant, long bytes) => _relayed.AddOrUpdate(tenant, bytes, (_, before) => before > long.MaxValue - bytes ? long.MaxValue : before + bytes);

    /// <summary>Tenants that use nothing have no measurement.</summary>
    private static IEnumerable<Measurement<long>> ByTenant(IEnumerable<Tenant> tenants, Func<Tenant, long> figure) =>
        tenants.Select(tenant => (Name: tenant.Metadata.Name!, Value: figure(tenant)))
            .Where(each => each.Value > 0).OrderByDescending(each => each.Value).Take(MaxTenants)
            .Select(each => new Measurement<long>(each.Value, new KeyValuePair<string, object?>("tenant", each.Name)));

    private static IEnumerable<Measurement<long>> Sum(IEnumerable<TurnPool> pools, Func<TurnPool, long> figure) =>
        pools.GroupBy(pool => pool.Metadata.Namespace).Select(group => new Measurement<long>(group.Sum(figure), new KeyValuePair<string, object?>("namespace", group.Key)));

    private static IEnumerable<Measurement<long>> Count<T>(IEnumerable<T> items, Func<T, string> label, string name) =>
        items.GroupBy(label).Select(group => new Measurement<long>(group.Count(), new KeyValuePair<string, object?>(name, group.Key)));
}
