using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A port belongs to one media node of a clusterNode, and is used on every clusterNode that there is.</summary>
public sealed class PortTests
{
    private static readonly SfuPoolSpec Narrow = TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { PortRange = new PortRange { Min = 42000, Max = 42001 } } };

    [Fact]
    public async Task Pool_WithFewPortsAndSeveralMachines_UsesThemOnEach()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        cluster.Kubelet.Schedules = true;
        cluster.Kubelet.OtherMachines = ["clusterNode-2", "clusterNode-3"];
        await MachineAsync(cluster, "clusterNode-1");
        await MachineAsync(cluster, "clusterNode-2");
        await cluster.StartOperatorAsync("operator-1");

        await cluster.WithTenantAsync(replicas: 4, pool: Narrow);

        var pods = (await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items;
        var places = pods.Select(pod => (pod.Spec.NodeName, pod.Spec.Containers[0].Ports!.Single(port => port.HostPort is not null).HostPort!.Value)).Order().ToArray();
        Assert.Equal([("clusterNode-1", 42000), ("clusterNode-1", 42001), ("clusterNode-2", 42000), ("clusterNode-2", 42001)], places);

        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"replicas":5}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status?.Conditions.Ready() is { Status: ConditionStatus.False, Reason: "PortsExhausted" }, "both clusterNodes are full");
        Assert.Equal(4, (await cluster.NodesAsync()).Count);

        await MachineAsync(cluster, "clusterNode-3");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { ReadyReplicas: 5 }, "another clusterNode has the ports free");
    }

    [Fact]
    public async Task Pool_WhoseNodesHaveOneAddress_UsesAPortOnceInTheCluster()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        cluster.Kubelet.Schedules = true;
        cluster.Kubelet.OtherMachines = ["clusterNode-2"];
        await MachineAsync(cluster, "clusterNode-1");
        await MachineAsync(cluster, "clusterNode-2");
        await cluster.StartOperatorAsync("operator-1");
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", Narrow with { Replicas = 3, Exposure = Narrow.Exposure with { AddressSource = AddressSource.Static, StaticAddresses = ["203.0.113.7"] } });

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { ReadyReplicas: 2 } status && status.Conditions.Ready()?.Reason == "PortsExhausted", "two ports are two nodes");
    }

    private static Task<Node> MachineAsync(TestCluster cluster, string name) => cluster.Client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = name } }, default);
}
