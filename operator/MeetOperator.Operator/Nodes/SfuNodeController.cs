using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Nodes;

/// <summary>Gives each SfuNode its Secret and Pod, drains it before it goes, and writes what the polls say.</summary>
internal sealed class SfuNodeController(
    ClusterView cluster, MediaFleet fleet, NodeTokens tokens, NodeDrains drains, MeetEvents events, OperatorOptions options, TimeProvider time) : IReconciler
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a Pod that was refused is left alone: what stands in its way is seldom gone in seconds.</summary>
    private static readonly TimeSpan RefusalRetry = TimeSpan.FromSeconds(15);
    private readonly WriteThrottle _throttle = new(time);
    private readonly WriteThrottle _secrets = new(time);

    /// <summary>External addresses of the machine that runs a Pod, and for which Pod they were looked up.</summary>
    private readonly ConcurrentDictionary<NamespacedName, (string? PodUid, IReadOnlyList<string> Addresses)> _external = new();

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.Nodes.Get(key) is not { } node)
        {
            _throttle.Forget(key);
            _secrets.Forget(key);
            _external.TryRemove(key, out _);
            return ReconcileResult.Done;
        }

        var pool = cluster.PoolOf(node);
        var pod = cluster.Pods.Get(key);
        TimeSpan? again = null;
        if (NodeStateRules.IsDraining(node))
        {
            if (await drains.AdvanceAsync(node, pool, ct).ConfigureAwait(false))
            {
                return ReconcileResult.Done;
            }

            again = Soon;
        }
        else
        {
            await drains.StopAsync(node, ct).ConfigureAwait(false);
        }

        if (fleet.View(key) is { Verdict.Reason: ForwardingWatch.CutOff })
        {
            fleet.WakeMeetings(key); // They leave as soon as another node can take them.
        }

        if (node.Metadata.DeletionTimestamp is null && pool is not null)
        {
            (pod, var problem) = await EnsurePodAsync(node, pool, pod, ct).ConfigureAwait(false);
            fleet.Meet(key, problem);
            again ??= pod is null && problem is not null ? RefusalRetry : null;
        }

        return await WriteAsync(node, pool, pod, again, ct).ConfigureAwait(false);
    }

    private async Task<(Pod? Pod, NodeProblem? Problem)> EnsurePodAsync(SfuNode node, SfuPool pool, Pod? pod, CancellationToken ct)
    {
        if (pod is { Metadata.DeletionTimestamp: null } && PodReplacement.Why(pod, fleet.View(node.Metadata.NamespacedName), time.GetUtcNow()) is { } why)
        {
            events.Warning(node, "PodReplaced", $"{why}: the Pod is made anew");
            var soon = new DeleteOptions { Uid = pod.Metadata.Uid, GracePeriodSeconds = 1 };
            await cluster.Client.TryDeleteAsync<Pod>(node.Metadata.NamespacedName, ct, soon).ConfigureAwait(false);
            return (pod, null);
        }

        if (pod is not null)
        {
            await RestoreSecretAsync(node, pod, ct).ConfigureAwait(false);
            return (pod, await AddressesAsync(node, pool, pod, ct).ConfigureAwait(false));
        }

        await SecretAsync(node, null, ct).ConfigureAwait(false);
        try
        {
            return (await cluster.Client.CreateAsync(MediaNodePod.Build(node, pool, options.MediaNodeImage), ct).ConfigureAwait(false), null);
        }
        catch (KubeApiException taken) when (taken.IsAlreadyExists)
        {
            return (null, null); // Made a moment ago; the informer will show it.
        }
        catch (KubeApiException refused) when (refused.IsForbidden || refused.IsInvalid)
        {
            return (null, PodRefusal.Explain(node, refused));
        }
    }

    /// <summary>Where only the cluster knows the address, it is written into the Secret for which the kubelet waits; once for each Pod.</summary>
    private async Task<NodeProblem?> AddressesAsync(SfuNode node, SfuPool pool, Pod pod, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (pool.Spec.Exposure.AddressSource != AddressSource.NodeExternalIP
            || pod.Spec.NodeName is not { Length: > 0 } machine
            || (_external.TryGetValue(key, out var known) && known.PodUid == pod.Metadata.Uid))
        {
            return null;
        }

        var found = AdvertisedAddresses.Of(pool.Spec.Exposure, pod, await cluster.Client.TryGetAsync<Node>(new NamespacedName(null, machine), ct).ConfigureAwait(false));
        if (found.Count == 0)
        {
            return new NodeProblem(
                "NoExternalAddress", $"cluster node {machine} has no ExternalIP: give it one, or set the pool's exposure.addressSource to NodeInternalIP or Static");
        }

        await SecretAsync(node, string.Join(',', found), ct).ConfigureAwait(false);
        _external[key] = (pod.Metadata.Uid, found);
        return null;
    }

    /// <summary>A Secret that somebody removed while the kubelet waits for it is made again.</summary>
    private async Task RestoreSecretAsync(SfuNode node, Pod pod, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (PodTrouble.Of(node, pod) is { Reason: PodTrouble.SettingsMissing } && _secrets.Wait(key) == TimeSpan.Zero)
        {
            _secrets.Wrote(key);
            var addresses = _external.TryGetValue(key, out var known) && known.PodUid == pod.Metadata.Uid ? string.Join(',', known.Addresses) : null;
            await SecretAsync(node, addresses, ct).ConfigureAwait(false);
        }
    }

    private IReadOnlyList<string> AddressesOf(NamespacedName key, SfuPool? pool, Pod? pod) =>
        pool is null ? []
        : pool.Spec.Exposure.AddressSource != AddressSource.NodeExternalIP ? AdvertisedAddresses.Of(pool.Spec.Exposure, pod, null)
        : _external.TryGetValue(key, out var known) && known.PodUid == pod?.Metadata.Uid ? known.Addresses : [];

    private Task<Secret> SecretAsync(SfuNode node, string? addresses, CancellationToken ct) => cluster.Client.ApplyAsync(
        ControlSecret.Build(node, tokens.Of(node), addresses), new ApplyOptions { FieldManager = FieldManagers.Operator, Force = true }, ct);

    private async Task<ReconcileResult> WriteAsync(SfuNode node, SfuPool? pool, Pod? pod, TimeSpan? again, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (fleet.View(key) is not { } view)
        {
            return ReconcileResult.After(again ?? Soon);
        }

        if (view is { Report: null, Verdict.TakesMeetings: true })
        {
            return ReconcileResult.After(again ?? Soon); // Believed and not heard yet: there is nothing to say that is not written already.
        }

        var status = NodeStatuses.Build(node, pod, view, AddressesOf(key, pool, pod), time.GetUtcNow());
        if (node.Status is { } stored && StatusWriter.Same(NodeStatuses.WithoutFigures(stored), NodeStatuses.WithoutFigures(status)))
        {
            var wait = _throttle.Wait(key);
            if (wait > TimeSpan.Zero || NodeStatuses.SameFigures(stored, status))
            {
                return ReconcileResult.After(again ?? (wait > TimeSpan.Zero ? wait : WriteThrottle.Interval));
            }
        }

        if (await StatusWriter.WriteAsync(cluster.Client, node, node.Status, status, ct).ConfigureAwait(false) is not null)
        {
            _throttle.Wrote(key);
            events.StateChanged(node, status);
        }

        return ReconcileResult.After(again ?? WriteThrottle.Interval);
    }
}
