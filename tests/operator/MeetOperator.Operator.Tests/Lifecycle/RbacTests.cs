using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class RbacTests
{
    [Fact]
    public async Task Operator_WithItsGeneratedRoleOnly_DoesAllItsWork()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.Client.CreateAsync(
            new Node { Metadata = new ObjectMeta { Name = cluster.Kubelet.Machine }, Status = new NodeStatus { Addresses = [new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" }] } }, default);
        cluster.Kubelet.Schedules = true;
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { AddressSource = AddressSource.NodeExternalIP } });
        await cluster.CreateMeetingAsync("ends", new MeetingSpec { Lifecycle = new MeetingLifecycle { TtlSecondsAfterFinished = 0 } });
        await cluster.CreateMeetingAsync("deleted");
        await cluster.WaitForReadyAsync("ends");
        await cluster.WaitForReadyAsync("deleted");

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "ends"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "deleted"), default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("ends") is null && await cluster.TryMeetingAsync("deleted") is null, "both meetings are gone");
        await cluster.Kubelet.FailAsync((await cluster.NodesAsync())[0].Metadata.Name!);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.ReadyReplicas == 2, "the failed Pod is replaced");
        Assert.All(await cluster.NodesAsync(), node => Assert.Equal(["198.51.100.4"], node.Status!.Addresses));
        await cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0, "the nodes are gone");

        Assert.Empty(proxy.Refused);
    }
}
