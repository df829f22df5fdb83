using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tests.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A machine that the operator cannot reach, and what the API server gets from its kubelet. No Lease and no condition of the cluster node shows anything.</summary>
public sealed class LostMachineLifecycleTests
{
    /// <summary>The Pod whose kubelet does not answer the API server.</summary>
    private volatile string? _lost;

    [Fact]
    public async Task ClusterNode_LosesPower_MeetingMovesOnceApiServerGetsNoAnswer()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false, podLogs: LogAsync);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        var before = await StartMeetingAsync(cluster);

        _lost = before.SfuNode;
        await cluster.Kubelet.CutPowerAsync(before.SfuNode);

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()).SingleOrDefault(node => node.Metadata.Name == before.SfuNode) is null or { Status.State: SfuNodeState.Unhealthy or SfuNodeState.Draining }, "the node is given up");
        Assert.Contains("get /pods/log", proxy.Asked.Keys);
        Assert.Empty(proxy.Rejected);
    }

    /// <summary>Kubernetes itself marks them only about 40 s later, and until then Services send half of the new connections there.</summary>
    [Fact]
    public async Task ClusterNode_LosesPower_ReplicasThereAreMarkedNotReady()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false, podLogs: LogAsync);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        var before = await StartMeetingAsync(cluster);
        await CreateReplicaAsync(cluster, "signaling-1", MeetComponents.Signaling, "cluster-node-1");
        await CreateReplicaAsync(cluster, "signaling-2", MeetComponents.Signaling, "cluster-node-2");
        await CreateReplicaAsync(cluster, "operator-only", MeetComponents.Operator, "cluster-node-1");
        await CreateReplicaAsync(cluster, "other", "postgres", "cluster-node-1");
        await CreateReplicaAsync(cluster, "other-elsewhere", "postgres", "cluster-node-2");

        _lost = before.SfuNode;
        await cluster.Kubelet.CutPowerAsync(before.SfuNode);

        await cluster.EventuallyAsync(async () => await IsReadyAsync(cluster, "signaling-1") == "False", "the replica on the lost machine is not ready");
        Assert.Equal("True", await IsReadyAsync(cluster, "signaling-2"));
        Assert.Equal("True", await IsReadyAsync(cluster, "operator-only")); // nothing else could take its requests
        Assert.Equal("True", await IsReadyAsync(cluster, "other"));
        var marked = await cluster.Client.GetAsync<Pod>(new NamespacedName("meet-system", "signaling-1"), default);
        Assert.Equal("True", marked.Status!.Conditions!.Single(static condition => condition.Type == "ContainersReady").Status);
        Assert.Empty(proxy.Rejected);
    }

    [Fact]
    public async Task ClusterNode_ReplicaCannotBeMarkedAtFirst_IsMarkedLater()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false, podLogs: LogAsync);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        var failures = 0;
        proxy.Fail = (verb, resource) => (verb, resource) == ("patch", "pods/status") && Interlocked.Increment(ref failures) <= 2;
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        var before = await StartMeetingAsync(cluster);
        await CreateReplicaAsync(cluster, "signaling-1", MeetComponents.Signaling, "cluster-node-1");
        await CreateReplicaAsync(cluster, "signaling-2", MeetComponents.Signaling, "cluster-node-2");

        _lost = before.SfuNode;
        await cluster.Kubelet.CutPowerAsync(before.SfuNode);

        await cluster.EventuallyAsync(async () => await IsReadyAsync(cluster, "signaling-1") == "False", "the replica on the lost machine is not ready");
    }

    /// <summary>Two machines can be probed at the same time. One replica of each component stays ready.</summary>
    [Fact]
    public async Task MarkNotReady_TwoMachinesAtOnce_OneReplicaStaysReady()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.Client.ApplyAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-system" } }, new ApplyOptions { FieldManager = "test" }, default);
        await CreateReplicaAsync(cluster, "signaling-1", MeetComponents.Signaling, "m1");
        await CreateReplicaAsync(cluster, "signaling-2", MeetComponents.Signaling, "m2");
        using var replicas = new ServiceReplicas(cluster.Client, "meet-system", NullLogger<ServiceReplicas>.Instance, TimeProvider.System);

        await Task.WhenAll(replicas.MarkNotReadyAsync("m1", default), replicas.MarkNotReadyAsync("m2", default));

        Assert.Equal(["False", "True"], new[] { await IsReadyAsync(cluster, "signaling-1"), await IsReadyAsync(cluster, "signaling-2") }.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClusterNode_IsBackAfterItWasGivenUp_RoomEndsThere(bool leaderChanges)
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false, podLogs: LogAsync);
        await cluster.StartOperatorAsync("operator-1");
        var before = await StartMeetingAsync(cluster);

        _lost = before.SfuNode;
        var process = cluster.Kubelet.Unplug(before.SfuNode);
        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Metadata.Name != before.SfuNode), "the node is deleted");
        if (leaderChanges)
        {
            await cluster.StopOperatorAsync("operator-1");
            await cluster.StartOperatorAsync("operator-2");
        }

        Assert.Single(process.Rooms());
        process.Resume();

        await cluster.EventuallyAsync(() => Task.FromResult(process.Rooms().Count == 0), "the room has ended on the node that is back");
        Assert.Single(cluster.Kubelet.Node(moved.Status!.Assignments[0].SfuNode).Rooms());
    }

    /// <summary>The operator alone is cut off, for example by a NetworkPolicy.</summary>
    [Fact]
    public async Task MediaNode_OnlyOperatorIsCutOff_MeetingStays()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false, podLogs: LogAsync);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        var before = await StartMeetingAsync(cluster);

        cluster.Kubelet.Node(before.SfuNode).IsSilentToOperator = true;
        await CreateReplicaAsync(cluster, "signaling-1", MeetComponents.Signaling, "cluster-node-1");
        await CreateReplicaAsync(cluster, "signaling-2", MeetComponents.Signaling, "cluster-node-2");
        await cluster.EventuallyAsync(() => Task.FromResult(proxy.Asked.GetValueOrDefault("get /pods/log") >= 6), "the kubelet has answered repeatedly");
        Assert.Equal("True", await IsReadyAsync(cluster, "signaling-1"));

        Assert.Equal(before.SfuNode, Assert.Single((await cluster.TryMeetingAsync("standup"))!.Status!.Assignments).SfuNode);
        Assert.Contains("nothing else shows that it has failed", (await cluster.NodesAsync()).Single(node => node.Metadata.Name == before.SfuNode).Status!.Message, StringComparison.Ordinal);
    }

    /// <summary>After an upgrade of the image alone, the role does not have the right yet.</summary>
    [Fact]
    public async Task Operator_RoleOfOlderChart_MeetingMovesOnceLeaseIsLate()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false, podLogs: LogAsync);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Reject = static (verb, resource) => (verb, resource) == ("get", "pods/log") ? "get pods/log is not granted" : null;
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = MachineHeartbeats.Namespace } }, default);
        var before = await StartMeetingAsync(cluster);
        await RenewAsync(cluster, "cluster-node-1");

        _lost = before.SfuNode;
        await cluster.Kubelet.CutPowerAsync(before.SfuNode);

        await cluster.EventuallyAsync(
            async () =>
            {
                await RenewAsync(cluster, "cluster-node-2");
                return (await cluster.TryMeetingAsync("standup"))!.Status is { Assignments: [{ State: AssignmentState.Ready } now] } && now.SfuNode != before.SfuNode;
            },
            "has moved");
    }

    /// <summary>A ready Pod beside the operator.</summary>
    private static async Task CreateReplicaAsync(TestCluster cluster, string name, string component, string machine)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "meet-system", Labels = new Dictionary<string, string> { [MeetLabels.Component] = component } },
            Spec = new PodSpec { NodeName = machine, Containers = [new Container { Name = "c", Image = "i" }] },
        };
        await cluster.Client.CreateAsync(pod, default);
        var conditions = new JsonArray(new JsonObject { ["type"] = "ContainersReady", ["status"] = "True" }, new JsonObject { ["type"] = "Ready", ["status"] = "True" });
        await cluster.Client.MergePatchAsync<Pod>(
            pod.Metadata.NamespacedName, new JsonObject { ["status"] = new JsonObject { ["phase"] = "Running", ["conditions"] = conditions } }, default, new WriteOptions { Subresource = "status" });
    }

    private static async Task<string> IsReadyAsync(TestCluster cluster, string pod) =>
        (await cluster.Client.GetAsync<Pod>(new NamespacedName("meet-system", pod), default)).Status!.Conditions!.Single(static condition => condition.Type == "Ready").Status;

    private async Task<Stream?> LogAsync(PodLogRequest request, CancellationToken ct)
    {
        if (request.Pod == _lost)
        {
            await Task.Delay(Timeout.Infinite, ct);
        }

        return new MemoryStream(Encoding.UTF8.GetBytes("a line\n"));
    }

    /// <summary>A meeting on the only media node of cluster-node-1, and another media node on cluster-node-2.</summary>
    private static async Task<MeetingAssignment> StartMeetingAsync(TestCluster cluster)
    {
        cluster.Kubelet.Schedules = true;
        foreach (var name in (string[])["cluster-node-1", "cluster-node-2"])
        {
            await cluster.Client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = name } }, default);
            await cluster.Client.MergePatchAsync<Node>(
                new NamespacedName(null, name),
                new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }) } },
                default,
                new WriteOptions { Subresource = "status" });
        }

        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        cluster.Kubelet.ClusterNode = "cluster-node-2";
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");
        return before;
    }

    /// <summary>Renews the Lease of a kubelet, which is late after 3 s.</summary>
    private static Task RenewAsync(TestCluster cluster, string name) => cluster.Client.ApplyAsync(
        new Lease { Metadata = new ObjectMeta { Name = name, Namespace = MachineHeartbeats.Namespace }, Spec = new LeaseSpec { HolderIdentity = name, LeaseDurationSeconds = 10, RenewTime = TimeProvider.System.GetUtcNow() } },
        new ApplyOptions { FieldManager = "kubelet", Force = true },
        default);
}
