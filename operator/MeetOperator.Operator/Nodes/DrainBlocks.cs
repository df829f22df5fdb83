using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Meetings;
using MeetOperator.Placement;

namespace MeetOperator.Operator.Nodes;

/// <summary>Finds what keeps a draining node from being emptied: meetings that no other node can take.</summary>
internal sealed class DrainBlocks(ClusterView cluster, MediaFleet fleet, TimeProvider time)
{
    /// <summary>Each look asks the planner about every meeting of the node.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private const int MostNamed = 5;
    private readonly ConcurrentDictionary<NamespacedName, (long At, NodeProblem? Found)> _looks = new();

    /// <summary>What was found, at most two seconds ago. Once the node is to be empty its meetings are woken at the same pace, since another node may take them now.</summary>
    public NodeProblem? Look(SfuNode node, SfuPool? pool, NodeView view)
    {
        var key = node.Metadata.NamespacedName;
        if (_looks.TryGetValue(key, out var last) && time.GetElapsedTime(last.At) < Interval)
        {
            return last.Found;
        }

        if (NodeStateRules.IsEvicting(node, pool, view.DrainNow))
        {
            fleet.WakeMeetings(key);
        }

        var found = Find(key, view);
        _looks[key] = (time.GetTimestamp(), found);
        return found;
    }

    public void Forget(NamespacedName node) => _looks.TryRemove(node, out _);

    private NodeProblem? Find(NamespacedName node, NodeView view)
    {
        if (view is { Meetings: 0, IsLost: true, Verdict: { State: SfuNodeState.Unhealthy } silent })
        {
            return new NodeProblem(
                "NotAnswering", $"{silent.Message}; people may still be on it, so it stays until it answers or its machine or Pod is gone: set spec.drain.force to true to take it away");
        }

        if (view is { Meetings: 0, Report: { } report } && NodeEmptiness.Sessions(report) is > 0 and var sessions)
        {
            return new NodeProblem(
                "StillConnected", $"no meeting is placed on it any more, and its own report names {sessions} people or connections: it stays until they have left; set spec.drain.force to true to take them out");
        }

        var meetings = fleet.MeetingsOn(node);
        var demands = meetings.Select(Demand).OfType<MeetingDemand>().ToArray();
        var able = demands.Select(demand => demand.MeetingId).Except(fleet.Stranded(node, demands).Select(demand => demand.MeetingId)).ToHashSet();
        var stranded = meetings.Where(meeting => cluster.FreshMeetings.Get(meeting) is { } known && !able.Contains(MeetingId.Of(known)))
            .Select(meeting => meeting.ToString()).Order(StringComparer.Ordinal).ToArray();
        return stranded.Length == 0 ? null : new NodeProblem(
            "NowhereToGo",
            $"no other media node can take {(stranded.Length == 1 ? "meeting" : "meetings")} {Names(stranded)}: make room (spec.replicas or spec.capacity of a pool), end what may end, or set spec.drain.force to true, which takes people out");
    }

    /// <summary>Null when nothing is known of the meeting or its tenant: then no node can be found for it either.</summary>
    private MeetingDemand? Demand(NamespacedName key) =>
        cluster.FreshMeetings.Get(key) is { } meeting && cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)) is { } tenant
            ? MeetingDemands.From(meeting, tenant, fleet.Current(MeetingRef.Of(meeting)))
            : null;

    private static string Names(string[] names) =>
        string.Join(", ", names.Take(MostNamed)) + (names.Length > MostNamed ? $" and {names.Length - MostNamed} more" : string.Empty);
}
