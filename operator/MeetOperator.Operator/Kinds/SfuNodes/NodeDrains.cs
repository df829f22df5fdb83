using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Empties nodes before they are deleted: no new rooms, then a deadline, then the meetings move. A node is never deleted while participants are connected.
/// </summary>
internal sealed class NodeDrains(ClusterView cluster, MediaFleet fleet, NodeClients clients, MeetEvents events, TimeProvider time)
{
    private readonly DrainBlockers _blockers = new(cluster, fleet, time);

    /// <summary>Nodes that were asked to drain. Their reports may not show it yet.</summary>
    private readonly ConcurrentDictionary<NamespacedName, bool> _requested = new();

    /// <summary>UIDs of nodes that were found empty and whose Pod is deleted or being deleted. Later observations of these nodes are ignored.</summary>
    private readonly ConcurrentDictionary<NamespacedName, string?> _empty = new();

    public async Task<DrainProgress> AdvanceAsync(SfuNode node, SfuPool? pool, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (_empty.TryGetValue(key, out var uid) && uid == node.Metadata.Uid)
        {
            return await DeleteAsync(node, ct).ConfigureAwait(false);
        }

        if (fleet.View(key) is not { } view)
        {
            return default;
        }

        await SetDrainingAsync(key, view, drain: true, ct).ConfigureAwait(false);
        if (NodeEmptiness.IsEmpty(view) || (view.Meetings == 0 && view.IsForcedDrainDue))
        {
            return await DeleteAsync(node, ct).ConfigureAwait(false);
        }

        return new DrainProgress(false, _blockers.Check(node, pool, view));
    }

    /// <summary>Records, of a node that is unreachable and no longer awaited, whether other nodes can take its meetings: its pool then drains it even if it cannot replace it.</summary>
    public void CheckPlacesElsewhere(NamespacedName node)
    {
        if (fleet.View(node) is { IsUnreachable: true, IsAwaited: false })
        {
            fleet.RecordPlacesElsewhere(node, _blockers.HavePlacesElsewhere(node));
        }
    }

    /// <summary>Forgets a deleted SfuNode.</summary>
    public void Forget(NamespacedName node)
    {
        _requested.TryRemove(node, out _);
        _empty.TryRemove(node, out _);
        _blockers.Forget(node);
    }

    /// <summary>
    /// Deletes the empty node's object, then its Pod, then removes the finalizer. The Pod has no owner, so that garbage collection cannot delete it while participants are
    /// connected; this is the only place where it is deleted.
    /// </summary>
    private async Task<DrainProgress> DeleteAsync(SfuNode node, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (node.Metadata.DeletionTimestamp is null)
        {
            try
            {
                // Only in this version: the drain may have just been taken back.
                await cluster.Client.TryDeleteAsync<SfuNode>(key, ct, new DeleteOptions { Uid = node.Metadata.Uid, ResourceVersion = node.Metadata.ResourceVersion }).ConfigureAwait(false);
            }
            catch (KubeApiException changed) when (changed.IsConflict)
            {
                return default;
            }

            events.Normal(node, "Drained", "the node is empty and is being deleted");
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

    /// <summary>Cancels a drain, so that the node can serve again.</summary>
    public Task CancelAsync(SfuNode node, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        var view = fleet.View(key);
        return view?.Report?.State == NodeControl.NodeState.Draining || _requested.ContainsKey(key) ? SetDrainingAsync(key, view, drain: false, ct) : Task.CompletedTask;
    }

    private async Task SetDrainingAsync(NamespacedName key, NodeView? view, bool drain, CancellationToken ct)
    {
        if (view is not { Target: { } target, Decision.State: not SfuNodeState.Unhealthy } || (drain && view.Report?.State == NodeControl.NodeState.Draining))
        {
            return;
        }

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            if (drain)
            {
                _requested[key] = true;
            }

            await clients.Of(target).DrainAsync(drain, bounded.Token).ConfigureAwait(false);
            if (!drain)
            {
                _requested.TryRemove(key, out _);
            }
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or NodeControlException || (unreachable is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The planner assigns nothing to a draining node in any case, and the next reconcile repeats the request.
        }
    }
}
