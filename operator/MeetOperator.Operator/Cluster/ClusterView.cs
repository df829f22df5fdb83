using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Cluster;

/// <summary>The client and the informers that all controllers share.</summary>
internal sealed class ClusterView
{
    private const string ByNamespace = "namespace";
    private const string ByPool = "pool";
    private const string ById = "meeting-id";
    private const string ByClusterNode = "cluster-node";

    private readonly IReadOnlyList<IInformer> _kinds;

    /// <param name="client">The client of the controllers.</param>
    /// <param name="kinds">The informers of our kinds.</param>
    /// <param name="options">The namespace of the installation.</param>
    /// <param name="logs">Creates the loggers of the other informers.</param>
    /// <param name="time">The clock of the other informers.</param>
    /// <param name="health">Watches the other informers; null watches none.</param>
    public ClusterView(KubeClient client, IReadOnlyList<IInformer> kinds, OperatorOptions options, ILoggerFactory logs, TimeProvider time, LoopHealth? health = null)
    {
        Client = client;
        _kinds = kinds;
        Tenants = Of<Tenant>();
        Meetings = Of<Meeting>();
        Pools = Of<SfuPool>();
        Nodes = Of<SfuNode>();
        TurnPools = Of<TurnPool>();
        var watched = new InformerOptions { Health = health };
        Namespaces = new Informer<Namespace>(client, watched, time, logger: logs.CreateLogger<Informer<Namespace>>());
        var mediaNodes = watched with { LabelSelector = $"{MeetLabels.Component}={MeetComponents.MediaNode}" };
        Pods = new Informer<Pod>(client, mediaNodes, time, logger: logs.CreateLogger<Informer<Pod>>());
        var relays = watched with { LabelSelector = $"{MeetLabels.Component}={MeetComponents.Turn}" };
        TurnPods = new Informer<Pod>(client, relays, time, logger: logs.CreateLogger<Informer<Pod>>());
        var hashes = watched with { Namespace = options.Namespace, LabelSelector = ApiKeyMap.Selector };
        ApiKeys = new Informer<ConfigMap>(client, hashes, time, logger: logs.CreateLogger<Informer<ConfigMap>>());
        ClusterNodes = new Informer<Node>(client, time: time, logger: logs.CreateLogger<Informer<Node>>());
        MachineLeases = new Informer<Lease>(client, new InformerOptions { Namespace = MachineHeartbeats.Namespace }, time, logger: logs.CreateLogger<Informer<Lease>>());
        Heartbeats = new MachineHeartbeats(time);
        MachineLeases.OnChange(change =>
        {
            if (change.New is { } lease)
            {
                Heartbeats.Observe(lease);
            }
            else
            {
                Heartbeats.Forget(change.Key.Name);
            }
        });
        Pods.AddIndex(ByClusterNode, static pod => pod.Spec.NodeName is { Length: > 0 } clusterNode ? [clusterNode] : []);
        Meetings.AddIndex(ByNamespace, static meeting => [meeting.Metadata.Namespace ?? string.Empty]);
        Meetings.AddIndex(ById, static meeting => [MeetingId.Of(meeting)]);
        Nodes.AddIndex(ByPool, static node => [PoolIndexKey(node.Metadata.Namespace, node.Spec.PoolRef.Name)]);
        FreshMeetings = new FreshReads<Meeting>(Meetings);
    }

    public KubeClient Client { get; }
    public Informer<Tenant> Tenants { get; }
    public Informer<Meeting> Meetings { get; }
    public Informer<SfuPool> Pools { get; }
    public Informer<SfuNode> Nodes { get; }
    public Informer<TurnPool> TurnPools { get; }

    /// <summary>The Pods of media nodes.</summary>
    public Informer<Pod> Pods { get; }

    /// <summary>The Pods of relays.</summary>
    public Informer<Pod> TurnPods { get; }
    public Informer<Namespace> Namespaces { get; }

    /// <summary>
    /// Hashes of API keys. Not part of <see cref="All"/>: the role of an older chart does not allow reading them, and meetings must not wait for them.
    /// </summary>
    public Informer<ConfigMap> ApiKeys { get; }
    public FreshReads<Meeting> FreshMeetings { get; }

    /// <summary>The Kubernetes nodes. Nothing waits for them: when they cannot be read, media nodes are judged by their reports alone.</summary>
    public Informer<Node> ClusterNodes { get; }

    /// <summary>The Leases of kubelets. Nothing waits for them: the role of an older chart does not allow reading them.</summary>
    public Informer<Lease> MachineLeases { get; }

    /// <summary>When kubelets last renewed them.</summary>
    public MachineHeartbeats Heartbeats { get; }

    /// <summary>Informers that must have synced before any decision.</summary>
    public IReadOnlyList<IInformer> All => [.. _kinds, Pods, TurnPods, Namespaces];

    /// <summary>The informer of one of our kinds.</summary>
    public Informer<T> Of<T>()
        where T : KubernetesObject => _kinds.OfType<Informer<T>>().Single();

    /// <summary>The media nodes whose Pods run on a cluster node.</summary>
    public IEnumerable<SfuNode> NodesOn(string clusterNode) => Pods.ByIndex(ByClusterNode, clusterNode).Select(pod => Nodes.Get(pod.Metadata.NamespacedName)).OfType<SfuNode>();

    /// <summary>The cluster node that runs a Pod; null when the Pod is not scheduled or cluster nodes cannot be read.</summary>
    public ClusterNode? ClusterNodeOf(Pod? pod) =>
        pod?.Spec.NodeName is not { Length: > 0 } name || !ClusterNodes.HasSynced || ClusterNodes.Count == 0 ? null
        : ClusterNodes.Get(new NamespacedName(null, name)) is { } clusterNode ? ClusterNode.Of(clusterNode)
        : ClusterNodes.IsWatching ? ClusterNode.Missing(name) : null; // An outdated cache may lack new cluster nodes.

    public IReadOnlyList<Meeting> MeetingsIn(string @namespace) => Meetings.ByIndex(ByNamespace, @namespace);

    public IReadOnlyList<Meeting> MeetingsWithId(string meetingId) => Meetings.ByIndex(ById, meetingId);

    public IReadOnlyList<SfuNode> NodesOf(SfuPool pool) => Nodes.ByIndex(ByPool, PoolIndexKey(pool.Metadata.Namespace, pool.Metadata.Name!));

    public SfuPool? PoolOf(SfuNode node) => Pools.Get(new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name));

    /// <summary>The tenant that owns a namespace, or null.</summary>
    public string? OwnerOf(string? @namespace) =>
        Namespaces.Get(new NamespacedName(null, @namespace ?? string.Empty))?.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var tenant) == true ? tenant : null;

    /// <summary>The tenants whose spec names the namespace, whether or not they own it.</summary>
    public IEnumerable<NamespacedName> TenantsOfNamespace(string @namespace) =>
        Tenants.List().Where(tenant => tenant.Spec.Namespace == @namespace).Select(tenant => tenant.Metadata.NamespacedName);

    private static string PoolIndexKey(string? @namespace, string pool) => $"{@namespace}/{pool}";
}
