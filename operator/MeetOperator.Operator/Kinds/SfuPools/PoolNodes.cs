using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The SfuNodes of all pools: reads them, and creates, drains and brings them back for the set of one pool.</summary>
internal sealed class PoolNodes(ClusterView cluster, MediaFleet fleet, MeetEvents events, OperatorOptions options, TimeProvider time, Random random)
{
    private readonly MediaFleet _fleet = fleet;
    private readonly MeetEvents _events = events;
    private readonly CreatedMembers<SfuNode> _created = new(cluster.Nodes, time);
    private readonly PoolPorts _portFinder = new(cluster);
    private readonly SemaphoreSlim _ports = new(1, 1);

    /// <summary>The nodes of a pool, including those that the informer does not have yet.</summary>
    /// <param name="pool">The pool, with the template that its nodes should have.</param>
    public (PoolNode Node, NodeView? View)[] Of(SfuPool pool) => [.. cluster.NodesOf(pool).Concat(_created.Of(pool)).Select(node => Describe(node, pool))];

    /// <summary>Whether the cluster has enough free ports for another node of the pool.</summary>
    public bool HasFreePorts(SfuPool pool) => _portFinder.FindFree(pool, _created.All) is not null;

    /// <summary>The set of a pool, for one reconcile.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="willFreePorts">Whether other nodes of the pool are leaving, so that missing ports resolve themselves.</param>
    /// <param name="trial">Number of nodes that still get the pool's template, which is being tried; the others get the former one. Null when no template is tried.</param>
    /// <param name="members">The nodes of the pool.</param>
    public INodeSet SetOf(SfuPool pool, bool willFreePorts, int? trial = null, IReadOnlyList<PoolNode>? members = null) => new Set(this, pool, willFreePorts, trial, WithoutStandIn(members ?? []));

    /// <summary>The unreachable nodes in whose place none has been created yet.</summary>
    private static Queue<string> WithoutStandIn(IReadOnlyList<PoolNode> members) => new(members
        .Where(node => node is { IsLeaving: false, IsOutOfService: true, IsUnreachable: true }).Select(node => node.Name)
        .Except(members.Select(node => node.StandsInFor).OfType<string>()).Order(StringComparer.Ordinal));

    private (PoolNode Node, NodeView? View) Describe(SfuNode node, SfuPool pool)
    {
        var key = node.Metadata.NamespacedName;
        var range = pool.Spec.Exposure.PortRange;
        var view = _fleet.View(key);
        var served = view?.HasServed ?? NodeStateRules.HasServed(node);
        return (new PoolNode
        {
            Name = node.Metadata.Name!,
            State = view?.Decision.State ?? SfuNodeState.Starting,
            IsCurrent = IsCurrent(node, pool, cluster.Pods.Get(key))
                && (served || node.Spec.UdpPorts.All(port => port >= range.Min && port <= range.Max)), // A node that has served keeps its ports.
            IsLeaving = NodeStateRules.IsDraining(node),
            CanReturn = node.Metadata.DeletionTimestamp is null && node.Metadata.Annotations?.ContainsKey(MeetAnnotations.ScaledDown) == true,
            IsOutOfService = view is { IsLost: true } or { Decision.Reason: NodeStateRules.MachineCordoned or ForwardingWatch.LoopStuck }, // A stuck loop does not recover by itself.
            IsUnreachable = view is { IsUnreachable: true },
            IsAwaited = view is { IsAwaited: true },
            HasPlacesElsewhere = view is { HasPlacesElsewhere: true },
            StandsInFor = node.Metadata.Annotations?.TryGetValue(MeetAnnotations.StandsInFor, out var other) == true ? other : null,
            IsDead = view is { IsDead: true },
            Blocked = NodeStateRules.IsDraining(node) ? DrainConditions.Of(node.Status?.Conditions) : null,
            IsUnrecoverable = view is { Decision: { CanTakeMeetings: false } decision } && (!served || decision.IsStalled),
            IsEmpty = view is null || (view.Meetings == 0 && (!served || view.Decision.State == SfuNodeState.Unhealthy || view.Report is { Participants: 0 })),
            Assigned = view?.Meetings ?? 0,
            Users = view?.Report?.Participants ?? 0,
        }, view);
    }

    /// <summary>A node without a Pod gets the current template, unless another one is tried or has been rolled back.</summary>
    private bool IsCurrent(SfuNode node, SfuPool pool, Pod? pod) => PodRevision.IsCurrent(node, pool, pod, options.MediaNodes)
        && (pod is not null || pool.Status?.Rollout?.Phase is not (RolloutPhase.Canary or RolloutPhase.RolledBack)
            || PoolTemplates.RevisionOf(node) is not { } made || made == PoolRevision.Of(pool, options.MediaNodes));

    private async Task<NodeFailure?> CreateAsync(SfuPool pool, bool willFreePorts, string? standsInFor, CancellationToken ct)
    {
        await _ports.WaitAsync(ct).ConfigureAwait(false); // All pools share the cluster's ports.
        try
        {
            var exposure = pool.Spec.Exposure;
            if (_portFinder.FindFree(pool, _created.All) is not { } ports)
            {
                return new NodeFailure(
                    "PortsExhausted",
                    $"no cluster node that may run the pool's Pods has enough free UDP ports in {exposure.PortRange.Min}-{exposure.PortRange.Max} ({exposure.UdpPorts} required): widen spec.exposure.portRange, or lower spec.replicas or spec.exposure.udpPorts") { RequiresIntervention = !willFreePorts };
            }

            var node = SfuNodeObject.Build(pool, NodeName.Create(pool.Metadata.Name!, random), ports, options.MediaNodeImage);
            node.Metadata.Annotations![MeetAnnotations.Revision] = PoolRevision.Of(pool, options.MediaNodes);
            if (standsInFor is not null)
            {
                node.Metadata.Annotations[MeetAnnotations.StandsInFor] = standsInFor;
            }

            _created.Add(await cluster.Client.CreateAsync(node, ct).ConfigureAwait(false));
            _events.Normal(pool, "NodeMade", $"created media node {node.Metadata.Name} with UDP ports {string.Join(", ", ports)}");
            return null;
        }
        catch (KubeApiException error) when (error.IsForbidden || error.IsInvalid)
        {
            return new NodeFailure(
                "NodeRejected",
                $"the API server rejected the SfuNode: raise the ResourceQuota of namespace {pool.Metadata.Namespace}, lower spec.replicas, or change the policy that rejects it ({error.Status.Message ?? error.Message})");
        }
        finally
        {
            _ports.Release();
        }
    }

    /// <summary>Drains a node with a reason, or cancels its drain with null.</summary>
    private Task<SfuNode> PatchAsync(SfuPool pool, string node, string? reason, CancellationToken ct, int? deadlineSeconds = null)
    {
        var drain = new JsonObject { ["reason"] = reason };
        if (deadlineSeconds is { } seconds)
        {
            drain["deadlineSeconds"] = seconds;
        }

        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [MeetAnnotations.ScaledDown] = reason is null ? null : "true" } },
            ["spec"] = reason is null
                ? new JsonObject { ["drain"] = null, ["drainRequestedAt"] = null }
                : new JsonObject { ["drain"] = drain },
        };
        return cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName(pool.Metadata.Namespace, node), patch, ct);
    }

    private sealed class Set(PoolNodes nodes, SfuPool pool, bool willFreePorts, int? trial, Queue<string> unreachable) : INodeSet
    {
        private readonly bool _isTrial = trial is not null;
        private int _left = trial ?? 0;

        public Task<NodeFailure?> CreateAsync(CancellationToken ct) =>
            nodes.CreateAsync(!_isTrial || _left-- > 0 ? pool : PoolTemplates.Former(pool), willFreePorts, unreachable.TryDequeue(out var name) ? name : null, ct);

        /// <summary>While a template is tried, new meetings go to all nodes alike.</summary>
        public void KeepOpen(NodeSetMember node, bool isSurplus) => nodes._fleet.KeepOpen(KeyOf(node.Name), outdated: !node.IsCurrent && !_isTrial, isSurplus);

        public bool TryClose(string name) => nodes._fleet.TryClose(KeyOf(name));

        public async Task DrainAsync(string name, DrainCause cause, CancellationToken ct)
        {
            if (cause == DrainCause.Deletion)
            {
                await nodes.PatchAsync(pool, name, "the pool is being deleted", ct).ConfigureAwait(false);
                return;
            }

            if (cause == DrainCause.GivenUp)
            {
                await nodes.PatchAsync(pool, name, "it has not responded to the operator for a long time, and other media nodes can take its meetings", ct, deadlineSeconds: 0).ConfigureAwait(false);
                nodes._events.Normal(pool, "NodeDraining", $"moving the meetings of {name}, which has not responded to the operator for a long time");
                return;
            }

            if (cause == DrainCause.Replacement)
            {
                await nodes.PatchAsync(pool, name, "another media node with the pool's current template has replaced this one", ct, deadlineSeconds: 0).ConfigureAwait(false);
                nodes._events.Normal(pool, "NodeDraining", $"moving the meetings of {name}, which has an older template");
                return;
            }

            await nodes.PatchAsync(pool, name, "the pool is scaling down or replacing this node", ct).ConfigureAwait(false);
            nodes._events.Normal(pool, "NodeDraining", $"draining {name}: the pool is scaling down, or the media node is outdated or out of service");
        }

        public async Task BringBackAsync(string name, CancellationToken ct)
        {
            await nodes.PatchAsync(pool, name, null, ct).ConfigureAwait(false);
            nodes._events.Normal(pool, "NodeTakenBack", $"{name} is serving again: the pool needs more nodes");
        }

        private NamespacedName KeyOf(string name) => new(pool.Metadata.Namespace, name);
    }
}
