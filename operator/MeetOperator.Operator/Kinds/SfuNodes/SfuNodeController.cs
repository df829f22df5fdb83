using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Creates the Secret and Pod of each SfuNode, drains the node before it is deleted, and writes its status.</summary>
internal sealed class SfuNodeController(
    ClusterView cluster, MediaFleet fleet, PoolRights rights, PodSecrets secrets, NodeDrains drains, NodeRelief relief, MeetEvents events, OperatorOptions options, TimeProvider time, Random random) : IReconciler
{
    private static readonly TimeSpan ShortRetry = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to wait after a Pod was rejected. The obstacle rarely disappears within seconds.</summary>
    private static readonly TimeSpan RejectionRetry = TimeSpan.FromSeconds(15);
    private readonly WriteThrottle _throttle = new(time);

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.Nodes.Get(key) is not { } node)
        {
            _throttle.Forget(key);
            secrets.Forget(key);
            drains.Forget(key);
            await OrphanPods.RemoveAsync(cluster, key, ct).ConfigureAwait(false);
            return ReconcileResult.Done;
        }

        var pool = cluster.PoolOf(node);
        var pod = cluster.Pods.Get(key);
        if (pod is not null)
        {
            await PodOwners.RemoveOwnerAsync(cluster.Client, node, pod, ct).ConfigureAwait(false);
        }

        TimeSpan? again = null;
        NodeFailure? blocked = null;
        node = await ConvertDeprecatedDrainAsync(node, ct).ConfigureAwait(false);
        if (NodeStateRules.IsDraining(node))
        {
            var drain = await drains.AdvanceAsync(node, pool, ct).ConfigureAwait(false);
            if (drain.IsFinished)
            {
                return ReconcileResult.Done;
            }

            (again, blocked) = (ShortRetry, drain.Blocked);
        }
        else
        {
            await drains.CancelAsync(node, ct).ConfigureAwait(false);
            drains.CheckPlacesElsewhere(key);
        }

        if (fleet.View(key) is { Meetings: > 0 } view && (view.IsDead || pod?.Metadata.DeletionTimestamp is not null || ForwardingWatch.RequiresEviction(view.Decision.Reason)))
        {
            fleet.WakeMeetings(key); // They move as soon as another node can take them.
        }

        if (node.Metadata.DeletionTimestamp is null && pool is not null)
        {
            (pod, var failure) = await EnsurePodAsync(node, PoolTemplates.Of(node, pool), pod, ct).ConfigureAwait(false);
            fleet.RecordSetupFailure(key, failure);
            again ??= pod is null && failure is not null ? RejectionRetry : null;
            if (options.EvictionProtection && pod is not null && fleet.View(key) is { } seen)
            {
                await PodMarks.UpdateAsync(cluster.Client, node, pod, pool, seen, ct).ConfigureAwait(false);
            }
        }

        return await WriteAsync(node, pool, pod, again, blocked, ct).ConfigureAwait(false);
    }

    /// <summary>Converts a drain request of an older version to the current form once its start is recorded in the status.</summary>
    private async Task<SfuNode> ConvertDeprecatedDrainAsync(SfuNode node, CancellationToken ct)
    {
        if (node is not { Spec.DrainRequestedAt: not null, Status.DrainRequestedAt: not null })
        {
            return node;
        }

        var drain = node.Spec.Drain is null ? new JsonObject { ["reason"] = "requested by spec.drainRequestedAt" } : [];
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = node.Metadata.Uid }, ["spec"] = new JsonObject { ["drainRequestedAt"] = null, ["drain"] = drain } };
        return await cluster.Client.MergePatchAsync<SfuNode>(node.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
    }

    private async Task<(Pod? Pod, NodeFailure? Failure)> EnsurePodAsync(SfuNode node, SfuPool pool, Pod? pod, CancellationToken ct)
    {
        if (pod is { Metadata.DeletionTimestamp: null } && PodReplacement.FindReason(pod, fleet.View(node.Metadata.NamespacedName), time.GetUtcNow()) is { } reason)
        {
            events.Warning(node, "PodReplaced", $"{reason}: the Pod is being recreated");
            var soon = new DeleteOptions { Uid = pod.Metadata.Uid, GracePeriodSeconds = 1 };
            await cluster.Client.TryDeleteAsync<Pod>(node.Metadata.NamespacedName, ct, soon).ConfigureAwait(false);
            return (pod, null);
        }

        if (pod is not null)
        {
            return (pod, await secrets.EnsureAsync(node, pod, ct).ConfigureAwait(false));
        }

        if (rights.FindRejection(node, pool) is { } rejection)
        {
            return (null, rejection.Failure);
        }

        try
        {
            var wanted = MediaNodePod.Build(node, pool, options.MediaNodes, ControlSecret.NewName(node.Metadata.Name!, random));
            pod = await cluster.Client.CreateAsync(wanted, ct).ConfigureAwait(false);
        }
        catch (KubeApiException taken) when (taken.IsAlreadyExists)
        {
            return (null, null); // Already created; the informer does not have it yet.
        }
        catch (KubeApiException error) when (error.IsForbidden || error.IsInvalid)
        {
            return (null, PodRejection.Explain(node, error));
        }

        return (pod, await secrets.EnsureAsync(node, pod, ct).ConfigureAwait(false));
    }

    private IReadOnlyList<string> AddressesOf(NamespacedName key, SfuPool? pool, Pod? pod) =>
        pool is null ? []
        : secrets.AddressesOf(key, pod) is { Count: > 0 } given ? AdvertisedAddresses.OfFamilies(pool.Spec.Exposure, given)
        : AdvertisedAddresses.Of(pool.Spec.Exposure, pod, null);

    private async Task<ReconcileResult> WriteAsync(SfuNode node, SfuPool? pool, Pod? pod, TimeSpan? again, NodeFailure? blocked, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (fleet.View(key) is not { } view)
        {
            return ReconcileResult.After(again ?? ShortRetry);
        }

        if (view is { Report: null, Decision.CanTakeMeetings: true })
        {
            return ReconcileResult.After(again ?? ShortRetry); // No report has arrived yet, so the status stays as it is.
        }

        var status = NodeStatuses.Build(node, pod, view, AddressesOf(key, pool, pod), time.GetUtcNow(), blocked, relief.Check(node, view));
        if (node.Status is { } stored && StatusWriter.AreEqual(NodeStatuses.WithoutFigures(stored), NodeStatuses.WithoutFigures(status)))
        {
            var wait = _throttle.Wait(key);
            if (wait > TimeSpan.Zero || NodeStatuses.HasSameFigures(stored, status))
            {
                return ReconcileResult.After(again ?? (wait > TimeSpan.Zero ? wait : WriteThrottle.Interval));
            }
        }

        if (await StatusWriter.WriteAsync(cluster.Client, node, node.Status, status, ct).ConfigureAwait(false) is not null)
        {
            _throttle.RecordWrite(key);
            events.StateChanged(node, status);
            events.DrainBlocked(node, node.Status?.Conditions, status.Conditions);
            events.Overloaded(node, node.Status?.Conditions, status.Conditions);
        }

        return ReconcileResult.After(again ?? WriteThrottle.Interval);
    }
}
