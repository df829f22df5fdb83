using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Maintains the desired number of SfuNodes in a pool. The node controller manages the Secret and Pod of each node.</summary>
internal sealed class SfuPoolController(ClusterView cluster, MediaFleet fleet, PoolRights rights, MeetEvents events, OperatorOptions options, TimeProvider time, Random random) : IReconciler
{
    private static readonly TimeSpan NextTurn = TimeSpan.FromMilliseconds(200);
    private readonly PoolNodes _nodes = new(cluster, fleet, events, options, time, random);
    private readonly PoolOwnership _ownership = new(cluster, events);
    private readonly WriteThrottle _throttle = new(time);
    private readonly PoolNetworkPolicies _policies = new(cluster, options);
    private readonly PoolDisruptionBudgets _budgets = new(cluster, options);

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
        await _budgets.EnsureAsync(pool, ct).ConfigureAwait(false);
        var nodes = _nodes.Of(pool);
        PoolNode[] members = [.. nodes.Select(entry => entry.Node)];
        var rejection = rights.FindRejection(pool);

        // A rejected pool keeps its existing nodes but gets no new ones. A pool whose tenant no longer exists is scaled down to zero.
        var rollout = rejection is null ? new NodeSetRollout(pool.Spec.Rollout.Paused, pool.Spec.Rollout.Type == RolloutType.WhenEmpty) : NodeSetRollout.Paused;
        var plan = NodeSetPlan.Decide(missingTenant is null ? pool.Spec.Replicas : 0, members, rollout, _nodes.HasFreePorts(pool));
        plan = rejection is null ? plan : plan with { Create = 0 };
        var notCreated = await NodeSetLoop.RunAsync(_nodes.SetOf(pool, willFreePorts: members.Any(node => node.IsLeaving)), plan, members, ct).ConfigureAwait(false);
        var failure = missingTenant ?? rejection?.Failure ?? notCreated;
        if (nodes.Any(entry => entry.View is { Report: null, Decision.CanTakeMeetings: true }))
        {
            return ReconcileResult.After(TimeSpan.FromSeconds(1)); // Without the node's report, the figures would be wrong.
        }

        var result = await WriteAsync(pool, PoolStatuses.Build(pool, nodes, failure, plan.HasChanges, time.GetUtcNow()), ct).ConfigureAwait(false);
        return failure is null && plan.Create > NodeSetLoop.MaxCreated ? ReconcileResult.After(NextTurn) : result;
    }

    /// <summary>Deletes a pool once its nodes are drained and deleted, whatever the propagation policy of the deletion.</summary>
    private async Task<ReconcileResult> ReconcileDeletionAsync(SfuPool pool, CancellationToken ct)
    {
        if (!Finalizers.Has(pool, MeetFinalizers.Drain))
        {
            return ReconcileResult.Done; // Another finalizer blocks the deletion, or an older version created the pool: the nodes then drain through their own finalizers.
        }

        var nodes = _nodes.Of(pool);
        if (nodes.Length == 0)
        {
            await Finalizers.RemoveAsync(cluster.Client, pool, MeetFinalizers.Drain, ct).ConfigureAwait(false);
            return ReconcileResult.Done;
        }

        await NodeSetLoop.DrainAllAsync(_nodes.SetOf(pool, willFreePorts: true), [.. nodes.Select(entry => entry.Node)], ct).ConfigureAwait(false);
        return await WriteAsync(pool, PoolStatuses.Build(pool, nodes, null, acts: true, time.GetUtcNow()), ct).ConfigureAwait(false);
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
