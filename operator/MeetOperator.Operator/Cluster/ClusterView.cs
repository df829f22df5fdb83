using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.ApiKeys;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Hosting;

namespace MeetOperator.Operator.Cluster;

/// <summary>The client and the informers that all controllers share.</summary>
internal sealed class ClusterView
{
    private const string ByNamespace = "namespace";
    private const string ByPool = "pool";
    private const string ById = "meeting-id";
    private const string ByMachine = "machine";

    public ClusterView(KubeClient client, OperatorOptions options, ILoggerFactory logs, TimeProvider time, LoopHealth? health = null)
    {
        Client = client;
        var watched = new InformerOptions { Health = health };
        Tenants = new Informer<Tenant>(client, watched, time, logger: logs.CreateLogger<Informer<Tenant>>());
        Meetings = new Informer<Meeting>(client, watched, time, logger: logs.CreateLogger<Informer<Meeting>>());
        Pools = new Informer<SfuPool>(client, watched, time, logger: logs.CreateLogger<Informer<SfuPool>>());
        Nodes = new Informer<SfuNode>(client, watched, time, logger: logs.CreateLogger<Informer<SfuNode>>());
        Namespaces = new Informer<Namespace>(client, watched, time, logger: logs.CreateLogger<Informer<Namespace>>());
        var mediaNodes = watched with { LabelSelector = $"{MeetLabels.Component}={MeetComponents.MediaNode}" };
        Pods = new Informer<Pod>(client, mediaNodes, time, logger: logs.CreateLogger<Informer<Pod>>());
        var hashes = watched with { Namespace = options.Namespace, LabelSelector = ApiKeyMap.Selector };
        ApiKeys = new Informer<ConfigMap>(client, hashes, time, logger: logs.CreateLogger<Informer<ConfigMap>>());
        Machines = new Informer<Node>(client, time: time, logger: logs.CreateLogger<Informer<Node>>());
        Pods.AddIndex(ByMachine, static pod => pod.Spec.NodeName is { Length: > 0 } machine ? [machine] : []);
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
    public Informer<Pod> Pods { get; }
    public Informer<Namespace> Namespaces { get; }

    /// <summary>Hashes of API keys. Not one of <see cref="All"/>: with the role of an older chart it cannot be read, and meetings do not wait for it.</summary>
    public Informer<ConfigMap> ApiKeys { get; }
    public FreshReads<Meeting> FreshMeetings { get; }

    /// <summary>The cluster's own nodes. Nothing waits for them: without them, or without the right to see them, media nodes are judged by their reports alone.</summary>
    public Informer<Node> Machines { get; }

    /// <summary>What must be known before anything is decided.</summary>
    public IReadOnlyList<IInformer> All => [Tenants, Meetings, Pools, Nodes, Pods, Namespaces];

    /// <summary>Media nodes whose Pod runs on a machine.</summary>
    public IEnumerable<SfuNode> NodesOn(string machine) => Pods.ByIndex(ByMachine, machine).Select(pod => Nodes.Get(pod.Metadata.NamespacedName)).OfType<SfuNode>();

    /// <summary>The machine that runs a Pod; null when none does, or when machines are not known.</summary>
    public Machine? MachineOf(Pod? pod) =>
        pod?.Spec.NodeName is not { Length: > 0 } name || !Machines.HasSynced || Machines.Count == 0 ? null
        : Machines.Get(new NamespacedName(null, name)) is { } machine ? Machine.Of(machine)
        : Machines.IsWatching ? Machine.Missing(name) : null; // A copy that is not kept up does not know new machines.

    public IReadOnlyList<Meeting> MeetingsIn(string @namespace) => Meetings.ByIndex(ByNamespace, @namespace);

    public IReadOnlyList<Meeting> MeetingsWithId(string meetingId) => Meetings.ByIndex(ById, meetingId);

    public IReadOnlyList<SfuNode> NodesOf(SfuPool pool) => Nodes.ByIndex(ByPool, PoolIndexKey(pool.Metadata.Namespace, pool.Metadata.Name!));

    public SfuPool? PoolOf(SfuNode node) => Pools.Get(new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name));

    /// <summary>The tenant whose namespace it is; null when no tenant owns it.</summary>
    public string? OwnerOf(string? @namespace) =>
        Namespaces.Get(new NamespacedName(null, @namespace ?? string.Empty))?.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var tenant) == true ? tenant : null;

    private static string PoolIndexKey(string? @namespace, string pool) => $"{@namespace}/{pool}";
}
