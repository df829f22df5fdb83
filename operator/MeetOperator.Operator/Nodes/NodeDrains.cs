using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Empties nodes that must go: no new rooms, then a deadline, then the meetings move. Drain first, delete last.</summary>
internal sealed class NodeDrains(ClusterView cluster, MediaFleet fleet, NodeClients clients, MeetEvents events, TimeProvider time)
{
    /// <summary>Nodes that were told to drain; their reports may not show it yet.</summary>
    private readonly ConcurrentDictionary<NamespacedName, bool> _told = new();

    /// <summary>True when the node is empty and nothing is left to do for it.</summary>
    public async Task<bool> AdvanceAsync(SfuNode node, SfuPool? pool, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        var view = fleet.View(key);
        await TellAsync(key, view, drain: true, ct).ConfigureAwait(false);
        if (view is { Meetings: > 0 })
        {
            if (NodeStateRules.DrainDeadline(node, pool) is { } deadline && deadline <= time.GetUtcNow())
            {
                fleet.WakeMeetings(key); // The planner moves them: the node counts as evicting now.
            }

            return false;
        }

        _told.TryRemove(key, out _);
        if (node.Metadata.DeletionTimestamp is null)
        {
            events.Normal(node, "Drained", "the node is empty and goes");
            await cluster.Client.TryDeleteAsync<SfuNode>(key, ct, new DeleteOptions { Uid = node.Metadata.Uid }).ConfigureAwait(false);
            return true;
        }

        await Finalizers.RemoveAsync(cluster.Client, node, MeetFinalizers.Drain, ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>A drain that was taken back: the node may serve again.</summary>
    public Task StopAsync(SfuNode node, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        var view = fleet.View(key);
        return view?.Report?.State == NodeControl.NodeState.Draining || _told.ContainsKey(key) ? TellAsync(key, view, drain: false, ct) : Task.CompletedTask;
    }

    private async Task TellAsync(NamespacedName key, NodeView? view, bool drain, CancellationToken ct)
    {
        if (view is not { Target: { } target, Verdict.State: not SfuNodeState.Unhealthy } || (drain && view.Report?.State == NodeControl.NodeState.Draining))
        {
            return;
        }

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            if (drain)
            {
                _told[key] = true;
            }

            await clients.Of(target).DrainAsync(drain, bounded.Token).ConfigureAwait(false);
            if (!drain)
            {
                _told.TryRemove(key, out _);
            }
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or NodeControlException || (unreachable is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The planner gives a draining node nothing anyway; the node is told again at the next look.
        }
    }
}
