using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Maintains the desired number of SfuNodes in a pool. The node controller manages the Secret and Pod of each node.</summary>
internal sealed class SfuPoolController(
    ClusterView cluster, MediaFleet fleet, PoolRights rights, NodeClients clients, PoolExposure exposure, MeetEvents events, OperatorOptions options, TimeProvider time, Random random) : IReconciler
{
    private static readonly TimeSpan NextTurn = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CanaryTurn = TimeSpan.FromSeconds(1);
    private readonly PoolNodes _nodes = new(cluster, fleet, events, options, time, random);
    private readonly PoolCanaries _canaries = new(clients, time);
    private readonly PoolFreshness _freshness = new(cluster);
    private readonly PoolOwnership _ownership = new(cluster, events);
    private readonly WriteThrottle _throttle = new(time);
    private readonly PoolNetworkPolicies _policies = new(cluster, options);
    private readonly PoolDisruptionBudgets _budgets = new(cluster, options);

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.Pools.Get(key) is not { } pool)
        {
            _throttle.Forget(key);
            _canaries.Forget(key);
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
        var revision = PoolRevision.Of(pool, options.MediaNodes);
        var target = PoolTemplates.Target(pool, revision);
        var nodes = _nodes.Of(target);
        PoolNode[] members = [.. nodes.Select(entry => entry.Node)];
        var rejection = rights.FindRejection(pool);

        // A rejected pool keeps its existing nodes but gets no new ones. A pool whose tenant no longer exists is scaled down to zero.
        var replicas = missingTenant is null ? pool.Spec.Replicas : 0;
        var state = await TryAsync(pool, Advance(pool, revision, members), nodes, ct).ConfigureAwait(false);
        var isNew = pool.Status?.Rollout is { } stored && (stored.Revision != state.Revision || stored.Phase != state.Phase); // Stored first, so that the next leader continues from there.
        var isUnknown = state.Phase == RolloutPhase.RolledBack && target == pool; // The former template cannot be read.
        var rollout = rejection is null && !isUnknown ? RolloutOf(pool, state) : NodeSetRollout.Paused;
        var hasPorts = _nodes.HasFreePorts(target);
        var plan = NodeSetPlan.Decide(replicas, members, rollout, hasPorts);
        plan = rejection is null ? plan : plan with { Create = 0 };
        var now = isNew ? NodeSetPlan.Nothing : plan;
        if ((now with { Create = hasPorts ? now.Create : 0 }).HasChanges && !await _freshness.IsUpToDateAsync(pool, members, ct).ConfigureAwait(false))
        {
            return ReconcileResult.After(NextTurn);
        }

        var set = _nodes.SetOf(target, willFreePorts: members.Any(node => node.IsLeaving), rollout.MaxUpdated - members.Count(node => node is { IsCurrent: true, IsLeaving: false, IsOutOfService: false }), members);
        var notCreated = await NodeSetLoop.RunAsync(set, now, members, ct).ConfigureAwait(false);
        var failure = missingTenant ?? rejection?.Failure ?? notCreated;
        if (nodes.Any(entry => entry.View is { Report: null, Decision.CanTakeMeetings: true }))
        {
            return ReconcileResult.After(TimeSpan.FromSeconds(1)); // Without the node's report, the figures would be wrong.
        }

        var result = await WriteAsync(pool, PoolStatuses.Build(pool, nodes, failure, plan, state, time.GetUtcNow(), exposure.ConditionOf(pool)), ct).ConfigureAwait(false);
        return isNew || _canaries.IsCalling(key) || (failure is null && plan.Create > NodeSetLoop.MaxCreated) ? ReconcileResult.After(NextTurn)
            : state.Phase == RolloutPhase.Canary ? ReconcileResult.After(CanaryTurn)
            : result;
    }

    /// <summary>Makes the next test calls while a new template is tried.</summary>
    private async Task<SfuRolloutStatus> TryAsync(SfuPool pool, SfuRolloutStatus state, IReadOnlyList<(PoolNode Node, NodeView? View)> nodes, CancellationToken ct)
    {
        if (state.Phase != RolloutPhase.Canary || pool.Spec.Rollout is not { Paused: false, Canary: { } canary })
        {
            _canaries.Forget(pool.Metadata.NamespacedName);
            return state;
        }

        var (observed, verdict) = await _canaries.ObserveAsync(pool.Metadata.NamespacedName, canary, state.Canary, nodes, ct).ConfigureAwait(false);
        return RolloutRules.Conclude(state, observed, verdict, time.GetUtcNow());
    }

    private SfuRolloutStatus Advance(SfuPool pool, string revision, PoolNode[] members) => RolloutRules.Advance(
        pool.Status?.Rollout,
        new RolloutFacts
        {
            Revision = revision,
            Image = MediaNodeImage.Resolve(pool.Spec, options.MediaNodeImage),
            Replicas = pool.Spec.Replicas,
            Counted = members.Count(node => node is { IsLeaving: false, IsOutOfService: false }),
            Outdated = members.Count(node => !node.IsCurrent),
            MaxSurge = MaxSurgeOf(pool.Spec),
            IsPaused = pool.Spec.Rollout.Paused,
            Canary = pool.Spec.Rollout.Canary,
            Template = PoolTemplates.Of(pool, revision, MediaNodeImage.Resolve(pool.Spec, options.MediaNodeImage)),
        },
        time.GetUtcNow());

    private static NodeSetRollout RolloutOf(SfuPool pool, SfuRolloutStatus state)
    {
        var rollout = new NodeSetRollout(pool.Spec.Rollout.Paused, pool.Spec.Rollout.Type == RolloutType.WhenEmpty) { MaxSurge = MaxSurgeOf(pool.Spec), KeptSurge = state.Surge };
        if (pool.Spec.Rollout.Canary is not { } canary || state.Phase is not (RolloutPhase.Canary or RolloutPhase.RolledBack))
        {
            return rollout;
        }

        // Trials and their end work in the same way for every type.
        var tried = CanaryRules.NodesOf(canary, pool.Spec.Replicas, rollout.MaxSurge);
        return rollout with { MaxSurge = tried, MaxUpdated = state.Phase == RolloutPhase.Canary ? tried : null };
    }

    private static int? MaxSurgeOf(SfuPoolSpec spec) => spec.Rollout.Type == RolloutType.Migrate ? RolloutRules.SurgeOf(spec.Rollout.MaxSurge, spec.Replicas) : null;

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

        var plan = NodeSetPlan.Nothing with { Drain = [.. nodes.Select(entry => entry.Node.Name)] };
        await NodeSetLoop.DrainAllAsync(_nodes.SetOf(pool, willFreePorts: true), [.. nodes.Select(entry => entry.Node)], ct).ConfigureAwait(false);
        return await WriteAsync(pool, PoolStatuses.Build(pool, nodes, null, plan, pool.Status?.Rollout, time.GetUtcNow()), ct).ConfigureAwait(false);
    }

    private async Task<ReconcileResult> WriteAsync(SfuPool pool, SfuPoolStatus status, CancellationToken ct)
    {
        var key = pool.Metadata.NamespacedName;
        if (pool.Status is { } stored && StatusWriter.AreEqual(WithoutFigures(stored), WithoutFigures(status)) && _throttle.Wait(key) is { Ticks: > 0 } wait)
        {
            return ReconcileResult.After(wait);
        }

        // After a conflict, the state is derived again, so that a rollout never continues from an outdated one.
        var fenced = pool.Status is { } before && before.Rollout is not null && !AreEqual(before.Rollout, status.Rollout);
        if (await StatusWriter.WriteAsync(cluster.Client, pool, pool.Status, status, ct, fenced).ConfigureAwait(false) is not null)
        {
            _throttle.RecordWrite(key);
            events.Stalled(pool, pool.Status?.Conditions, status.Conditions);
            events.DrainBlocked(pool, pool.Status?.Conditions, status.Conditions);
            events.ExposureChanged(pool, pool.Status?.Conditions, status.Conditions);
        }

        return ReconcileResult.After(WriteThrottle.Interval); // Figures come from polls, which trigger no reconcile.
    }

    private static bool AreEqual(SfuRolloutStatus left, SfuRolloutStatus? right) => right is not null && StatusWriter.AreEqual(left, right);

    private static SfuPoolStatus WithoutFigures(SfuPoolStatus status) => status with
    {
        Meetings = 0,
        Participants = 0,
        FreeParticipants = 0,
        StressPct = 0,
        AllocatedReplicas = 0,
    };
}
