using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Maintains the desired number of SfuNodes in a pool. The node controller manages the Secret and Pod of each node.</summary>
internal sealed class SfuPoolController(ClusterView cluster, MediaFleet fleet, PoolRights rights, MeetEvents events, OperatorOptions options, TimeProvider time, Random random) : IReconciler
{
    /// <summary>Number of nodes to create in one reconcile, so that a large pool does not delay others and a changed replica count takes effect soon.</summary>
    private const int MaxCreatedPerReconcile = 20;
    private static readonly TimeSpan NextTurn = TimeSpan.FromMilliseconds(200);
    private readonly CreatedMembers<SfuNode> _created = new(cluster.Nodes, time);
    private readonly PoolOwnership _ownership = new(cluster, events);
    private readonly WriteThrottle _throttle = new(time);
    private readonly PoolNetworkPolicies _policies = new(cluster, options);
    private readonly PoolPorts _portFinder = new(cluster);
    private readonly SemaphoreSlim _ports = new(1, 1);

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.Pools.Get(key) is not { } pool)
        {
            _throttle.Forget(key);
            return ReconcileResult.Done;
        }

        if (pool.Metadata.DeletionTimestamp is not null)
        {
            return await ReconcileDeletionAsync(pool, ct).ConfigureAwait(false);
        }

        pool = await UserObjectFinalizers.EnsureAsync(cluster.Client, pool, MeetFinalizers.Drain, ct).ConfigureAwait(false);
        await _ownership.AdoptAsync(pool, ct).ConfigureAwait(false);
        var missingTenant = rights.IsShared(key.Namespace) ? null : await _ownership.FindMissingTenantAsync(pool, ct).ConfigureAwait(false);
        await _policies.EnsureAsync(pool, ct).ConfigureAwait(false);
        var nodes = NodesOf(pool).Select(node => Describe(node, pool)).ToArray();
        var rejection = rights.FindRejection(pool);

        // A rejected pool keeps its existing nodes but gets no new ones. A pool whose tenant no longer exists is scaled down to zero.
        var rollout = rejection is null ? new NodeSetRollout(pool.Spec.Rollout.Paused, pool.Spec.Rollout.Type == RolloutType.WhenEmpty) : NodeSetRollout.Paused;
        var plan = NodeSetPlan.Decide(missingTenant is null ? pool.Spec.Replicas : 0, [.. nodes.Select(entry => entry.Node)], rollout, _portFinder.FindFree(pool, _created.All) is not null);
        plan = rejection is null ? plan : plan with { Create = 0 };
        await DrainAsync(pool, nodes, plan, ct).ConfigureAwait(false);
        var failure = missingTenant ?? rejection?.Failure ?? await CreateAsync(pool, Math.Min(plan.Create, MaxCreatedPerReconcile), nodes.Any(entry => entry.Node.IsLeaving), ct).ConfigureAwait(false);
        if (nodes.Any(entry => entry.View is { Report: null, Decision.CanTakeMeetings: true }))
        {
            return ReconcileResult.After(TimeSpan.FromSeconds(1)); // Without the node's report, the figures would be wrong.
        }

        var result = await WriteAsync(pool, PoolStatuses.Build(pool, nodes, failure, plan.HasChanges, time.GetUtcNow()), ct).ConfigureAwait(false);
        return failure is null && plan.Create > MaxCreatedPerReconcile ? ReconcileResult.After(NextTurn) : result;
    }

    /// <summary>Deletes a pool once its nodes are drained and deleted, whatever the propagation policy of the deletion.</summary>
    private async Task<ReconcileResult> ReconcileDeletionAsync(SfuPool pool, CancellationToken ct)
    {
        if (!Finalizers.Has(pool, MeetFinalizers.Drain))
        {
            return ReconcileResult.Done; // Another finalizer blocks the deletion, or an older version created the pool: the nodes then drain through their own finalizers.
        }

        var nodes = NodesOf(pool).Select(node => Describe(node, pool)).ToArray();
        if (nodes.Length == 0)
        {
            await Finalizers.RemoveAsync(cluster.Client, pool, MeetFinalizers.Drain, ct).ConfigureAwait(false);
            return ReconcileResult.Done;
        }

        foreach (var (node, _) in nodes.Where(entry => !entry.Node.IsLeaving))
        {
            await PatchAsync(pool, node.Name, "the pool is being deleted", ct).ConfigureAwait(false);
        }

        return await WriteAsync(pool, PoolStatuses.Build(pool, nodes, null, acts: true, time.GetUtcNow()), ct).ConfigureAwait(false);
    }

    private IReadOnlyList<SfuNode> NodesOf(SfuPool pool) => [.. cluster.NodesOf(pool), .. _created.Of(pool)];

    private (PoolNode Node, NodeView? View) Describe(SfuNode node, SfuPool pool)
    {
        var key = node.Metadata.NamespacedName;
        var range = pool.Spec.Exposure.PortRange;
        var view = fleet.View(key);
        var served = view?.HasServed ?? NodeStateRules.HasServed(node);
        return (new PoolNode
        {
            Name = node.Metadata.Name!,
            State = view?.Decision.State ?? SfuNodeState.Starting,
            IsCurrent = PodRevision.IsCurrent(node, pool, cluster.Pods.Get(key), options.MediaNodes)
                && (served || node.Spec.UdpPorts.All(port => port >= range.Min && port <= range.Max)), // A node that has served keeps its ports.
            IsLeaving = NodeStateRules.IsDraining(node),
            CanReturn = node.Metadata.DeletionTimestamp is null && node.Metadata.Annotations?.ContainsKey(MeetAnnotations.ScaledDown) == true,
            IsOutOfService = view is { IsLost: true } or { Decision.Reason: NodeStateRules.MachineCordoned or ForwardingWatch.LoopStuck }, // A stuck loop does not recover by itself.
            IsDead = view is { IsDead: true },
            Blocked = NodeStateRules.IsDraining(node) ? DrainConditions.Of(node.Status?.Conditions) : null,
            IsUnrecoverable = view is { Decision: { CanTakeMeetings: false } decision } && (!served || decision.IsStalled),
            IsEmpty = view is null || (view.Meetings == 0 && (!served || view.Decision.State == SfuNodeState.Unhealthy || view.Report is { Participants: 0 })),
            Assigned = view?.Meetings ?? 0,
            Users = view?.Report?.Participants ?? 0,
        }, view);
    }

    private async Task DrainAsync(SfuPool pool, IReadOnlyList<(PoolNode Node, NodeView? View)> nodes, NodeSetPlan plan, CancellationToken ct)
    {
        foreach (var (node, _) in nodes)
        {
            var key = new NamespacedName(pool.Metadata.Namespace, node.Name);
            if (!plan.Drain.Contains(node.Name))
            {
                fleet.KeepOpen(key, !node.IsCurrent);
                continue;
            }

            if (node.IsEmpty && !fleet.TryClose(key))
            {
                continue; // A meeting was assigned in the meantime: the next reconcile decides again.
            }

            var name = node.Name;
            await PatchAsync(pool, name, "the pool is scaling down or replacing this node", ct).ConfigureAwait(false);
            events.Normal(pool, "NodeDraining", $"draining {name}: the pool is scaling down, or the media node is outdated or out of service");
        }

        foreach (var name in plan.BringBack)
        {
            await PatchAsync(pool, name, null, ct).ConfigureAwait(false);
            events.Normal(pool, "NodeTakenBack", $"{name} is serving again: the pool needs more nodes");
        }
    }

    private Task<SfuNode> PatchAsync(SfuPool pool, string node, string? reason, CancellationToken ct)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [MeetAnnotations.ScaledDown] = reason is null ? null : "true" } },
            ["spec"] = reason is null
                ? new JsonObject { ["drain"] = null, ["drainRequestedAt"] = null }
                : new JsonObject { ["drain"] = new JsonObject { ["reason"] = reason } },
        };
        return cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName(pool.Metadata.Namespace, node), patch, ct);
    }

    /// <summary>Returns null when all nodes were created; otherwise the failure and what to do about it.</summary>
    private async Task<NodeFailure?> CreateAsync(SfuPool pool, int count, bool othersLeave, CancellationToken ct)
    {
        if (count == 0)
        {
            return null;
        }

        await _ports.WaitAsync(ct).ConfigureAwait(false); // All pools share the cluster's ports.
        try
        {
            for (var created = 0; created < count; created++)
            {
                var exposure = pool.Spec.Exposure;
                if (_portFinder.FindFree(pool, _created.All) is not { } ports)
                {
                    return new NodeFailure(
                        "PortsExhausted",
                        $"no cluster node that may run the pool's Pods has enough free UDP ports in {exposure.PortRange.Min}-{exposure.PortRange.Max} ({exposure.UdpPorts} required): widen spec.exposure.portRange, or lower spec.replicas or spec.exposure.udpPorts") { RequiresIntervention = !othersLeave };
                }

                var node = SfuNodeObject.Build(pool, NodeName.Create(pool.Metadata.Name!, random), ports, options.MediaNodeImage);
                _created.Add(await cluster.Client.CreateAsync(node, ct).ConfigureAwait(false));
                events.Normal(pool, "NodeMade", $"created media node {node.Metadata.Name} with UDP ports {string.Join(", ", ports)}");
            }

            return null;
        }
        catch (KubeApiException error) when (error.IsForbidden || error.IsInvalid)
        {
            return new NodeFailure(
                "NodeRefused",
                $"the API server rejected the SfuNode: raise the ResourceQuota of namespace {pool.Metadata.Namespace}, lower spec.replicas, or change the policy that rejects it ({error.Status.Message ?? error.Message})");
        }
        finally
        {
            _ports.Release();
        }
    }

    private async Task<ReconcileResult> WriteAsync(SfuPool pool, SfuPoolStatus status, CancellationToken ct)
    {
        var key = pool.Metadata.NamespacedName;
        if (pool.Status is { } stored && StatusWriter.AreEqual(WithoutFigures(stored), WithoutFigures(status)) && _throttle.Wait(key) is { Ticks: > 0 } wait)
        {
            return ReconcileResult.After(wait);
        }

        if (await StatusWriter.WriteAsync(cluster.Client, pool, pool.Status, status, ct).ConfigureAwait(false) is not null)
        {
            _throttle.RecordWrite(key);
            events.Stalled(pool, pool.Status?.Conditions, status.Conditions);
            events.DrainBlocked(pool, pool.Status?.Conditions, status.Conditions);
        }

        return ReconcileResult.After(WriteThrottle.Interval); // Figures come from polls, which trigger no reconcile.
    }

    private static SfuPoolStatus WithoutFigures(SfuPoolStatus status) => status with
    {
        Meetings = 0,
        Participants = 0,
        FreeParticipants = 0,
        StressPct = 0,
        AllocatedReplicas = 0,
    };
}
