using System.Text.Json.Nodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Media nodes admit tunnels in the meetings of tenants that allow them.</summary>
public sealed class TunnelSettingTests
{
    [Fact]
    public async Task Tunnel_LastResort_NodeGetsItWithLaterRooms()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("before");
        var before = (await cluster.WaitForReadyAsync("before")).Status!.MeetingId!;
        var node = Assert.Single(cluster.Kubelet.Nodes);

        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"connectivity":{"tunnel":"LastResort"}}}""")!, default);

        // The operator may see the first of these meetings before the change.
        var created = 0;
        await cluster.EventuallyAsync(
            async () =>
            {
                var name = $"after-{created++}";
                await cluster.CreateMeetingAsync(name);
                var after = (await cluster.WaitForReadyAsync(name)).Status!.MeetingId!;
                return node.Read(after, room => room.Spec.Tunnel);
            },
            "the node admits tunnels in a later meeting");

        Assert.False(node.Read(before, room => room.Spec.Tunnel));
    }
}
