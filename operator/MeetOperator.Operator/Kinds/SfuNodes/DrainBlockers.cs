using System.Collections.Concurrent;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Finds what keeps a draining node from becoming empty, such as meetings that no other node can take.</summary>
internal sealed class DrainBlockers(ClusterView cluster, MediaFleet fleet, TimeProvider time)
{
    /// <summary>Each check runs the planner for every meeting of the node.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private const int MaxNamed = 5;
    private readonly ConcurrentDictionary<NamespacedName, (long At, NodeFailure? Found)> _checks = new();

    /// <summary>
    /// Returns a result that is at most two seconds old. After the drain deadline it also wakes the node's meetings at this interval, since another node may
    /// take them now.
    /// </summary>
    public NodeFailure? Check(SfuNode node, SfuPool? pool, NodeView view)
    {
        var key = node.Metadata.NamespacedName;
        if (_checks.TryGetValue(key, out var last) && time.GetElapsedTime(last.At) < Interval)
        {
            return last.Found;
        }

        if (NodeStateRules.IsDrainDue(node, pool, view.DrainNow))
        {
            fleet.WakeMeetings(key);
        }

        var found = Find(key, view);
        _checks[key] = (time.GetTimestamp(), found);
        return found;
    }

    /// <summary>Whether other nodes have places for each meeting of the node, taken alone; together they may not fit. Runs the planner for each of them.</summary>
    public bool HavePlacesElsewhere(NamespacedName node) => FindStranded(node) is [];

    public void Forget(NamespacedName node) => _checks.TryRemove(node, out _);

    private NodeFailure? Find(NamespacedName node, NodeView view)
    {
        var moved = fleet.FormerMeetingsOn(node).Select(static meeting => meeting.ToString()).Order(StringComparer.Ordinal).ToArray();
        var rooms = $"the former {(moved.Length == 1 ? "room of meeting" : "rooms of meetings")} {Names(moved)}";
        var including = moved.Length == 0 ? string.Empty : $", including those in {rooms}";
        if (view is { Meetings: 0, IsLost: true, Decision: { State: SfuNodeState.Unhealthy } silent })
        {
            return new NodeFailure(
                "NotAnswering", $"{silent.Message}; participants may still be connected{including}, so the node stays until it responds or its cluster node or Pod is deleted: to remove it now, set spec.drain.force to true");
        }

        if (view is { Meetings: 0, Report: { } report } && NodeEmptiness.CountSessions(report) is > 0 and var sessions)
        {
            return new NodeFailure(
                "StillConnected", $"no meeting is assigned to the node, but its report shows {sessions} participants or connections{including}: the node stays until they have left; to disconnect them now, set spec.drain.force to true");
        }

        var stranded = FindStranded(node);
        return stranded.Length == 0 ? null : new NodeFailure(
            "NowhereToGo",
            $"no other media node can take {(stranded.Length == 1 ? "meeting" : "meetings")} {Names(stranded)}: add capacity (spec.replicas or spec.capacity of a pool), end meetings, or set spec.drain.force to true, which disconnects participants{(moved.Length == 0 ? string.Empty : $"; participants may also be in {rooms}")}");
    }

    /// <summary>The meetings of the node that no other node could take now, in order.</summary>
    private string[] FindStranded(NamespacedName node)
    {
        var meetings = fleet.MeetingsOn(node);
        var demands = meetings.Select(Demand).OfType<MeetingDemand>().ToArray();
        var able = demands.Select(demand => demand.MeetingId).Except(fleet.FindUnplaceable(node, demands).Select(demand => demand.MeetingId)).ToHashSet();
        return [.. meetings.Where(meeting => cluster.FreshMeetings.Get(meeting) is { } known && !able.Contains(MeetingId.Of(known)))
            .Select(meeting => meeting.ToString()).Order(StringComparer.Ordinal)];
    }

    /// <summary>Null when the meeting or its tenant is unknown; no node can be found for it then.</summary>
    private MeetingDemand? Demand(NamespacedName key) =>
        cluster.FreshMeetings.Get(key) is { } meeting && cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)) is { } tenant
            ? MeetingDemands.From(meeting, tenant, fleet.Current(MeetingRef.Of(meeting)))
            : null;

    private static string Names(string[] names) =>
        string.Join(", ", names.Take(MaxNamed)) + (names.Length > MaxNamed ? $" and {names.Length - MaxNamed} more" : string.Empty);
}
