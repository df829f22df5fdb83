using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Empties nodes that must go: no new rooms, then a deadline, then the meetings move. Drain first, delete last, and never under people.</summary>
internal sealed class NodeDrains(ClusterView cluster, MediaFleet fleet, NodeClients clients, MeetEvents events, TimeProvider time)
{
    private readonly DrainBlocks _blocks = new(cluster, fleet, time);

    /// <summary>Nodes that were told to drain; their reports may not show it yet.</summary>
    private readonly ConcurrentDictionary<NamespacedName, bool> _told = new();

    /// <summary>Uids of nodes that were found empty and whose Pod is gone or going: what is seen of them afterwards does not count.</summary>
    private readonly ConcurrentDictionary<NamespacedName, string?> _empty = new();

    public async Task<DrainProgress> AdvanceAsync(SfuNode node, SfuPool? pool, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (_empty.TryGetValue(key, out var uid) && uid == node.Metadata.Uid)
        {
            return await LetGoAsync(node, ct).ConfigureAwait(false);
        }

        if (fleet.View(key) is not { } view)
        {
            return default;
        }

        await TellAsync(key, view, drain: true, ct).ConfigureAwait(false);
        if (NodeEmptiness.Holds(view) || (view.Meetings == 0 && view.IsDropped))
        {
            return await LetGoAsync(node, ct).ConfigureAwait(false);
        }

        return new DrainProgress(false, _blocks.Look(node, pool, view));
    }

    /// <summary>The SfuNode is gone.</summary>
    public void Forget(NamespacedName node)
    {
        _told.TryRemove(node, out _);
        _empty.TryRemove(node, out _);
        _blocks.Forget(node);
    }

    /// <summary>
    /// The empty node's object is deleted, then its Pod, then the finalizer goes: the Pod has no owner whose deletion could take it away under people, so this is
    /// the one place where it ends.
    /// </summary>
    private async Task<DrainProgress> LetGoAsync(SfuNode node, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (node.Metadata.DeletionTimestamp is null)
        {
            events.Normal(node, "Drained", "the node is empty and goes");
            await cluster.Client.TryDeleteAsync<SfuNode>(key, ct, new DeleteOptions { Uid = node.Metadata.Uid }).ConfigureAwait(false);
            return new DrainProgress(true, null);
        }

        _empty[key] = node.Metadata.Uid;
        if (cluster.Pods.Get(key) is { Metadata.DeletionTimestamp: null } pod)
        {
            await cluster.Client.TryDeleteAsync<Pod>(key, ct, new DeleteOptions { Uid = pod.Metadata.Uid }).ConfigureAwait(false);
        }

        await Finalizers.RemoveAsync(cluster.Client, node, MeetFinalizers.Drain, ct).ConfigureAwait(false);
        return new DrainProgress(true, null);
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
