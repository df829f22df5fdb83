using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Each cluster node assigns a port to at most one media node, and every cluster node can reuse the same ports.</summary>
public sealed class PortTests
{
    private static readonly SfuPoolSpec Narrow = TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { PortRange = new PortRange { Min = 42000, Max = 42001 } } };

    [Fact]
    public async Task Pool_FewPortsAndSeveralClusterNodes_ReusesPortsOnEach()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        cluster.Kubelet.Schedules = true;
        cluster.Kubelet.OtherClusterNodes = ["cluster-node-2", "cluster-node-3"];
        await CreateClusterNodeAsync(cluster, "cluster-node-1");
        await CreateClusterNodeAsync(cluster, "cluster-node-2");
        await cluster.StartOperatorAsync("operator-1");

        await cluster.WithTenantAsync(replicas: 4, pool: Narrow);

        var pods = (await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items;
        var places = pods.Select(pod => (pod.Spec.NodeName, pod.Spec.Containers[0].Ports!.Single(port => port is { HostPort: not null, Protocol: "UDP" }).HostPort!.Value)).Order().ToArray();
        Assert.Equal([("cluster-node-1", 42000), ("cluster-node-1", 42001), ("cluster-node-2", 42000), ("cluster-node-2", 42001)], places);

        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"replicas":5}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status?.Conditions.Ready() is { Status: ConditionStatus.False, Reason: "PortsExhausted" }, "both cluster nodes are full");
        Assert.Equal(4, (await cluster.NodesAsync()).Count);

        await CreateClusterNodeAsync(cluster, "cluster-node-3");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { ReadyReplicas: 5 }, "another cluster node has free ports");
    }

    [Fact]
    public async Task Pool_StaticAddress_UsesEachPortOnce()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        cluster.Kubelet.Schedules = true;
        cluster.Kubelet.OtherClusterNodes = ["cluster-node-2"];
        await CreateClusterNodeAsync(cluster, "cluster-node-1");
        await CreateClusterNodeAsync(cluster, "cluster-node-2");
        await cluster.StartOperatorAsync("operator-1");
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", Narrow with { Replicas = 3, Exposure = Narrow.Exposure with { AddressSource = AddressSource.Static, StaticAddresses = ["203.0.113.7"] } });

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { ReadyReplicas: 2 } status && status.Conditions.Ready()?.Reason == "PortsExhausted", "two ports allow two nodes");
    }

    private static Task<Node> CreateClusterNodeAsync(TestCluster cluster, string name) => cluster.Client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = name } }, default);
}
