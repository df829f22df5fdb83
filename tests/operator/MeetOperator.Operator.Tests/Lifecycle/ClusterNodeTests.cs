using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Deleted, unreachable and cordoned cluster nodes, and media nodes that stay dead.</summary>
public sealed class ClusterNodeTests
{
    /// <summary>Two replacements, one after the other, each within a minute, with a margin for test hosts under load.</summary>
    private static readonly TimeSpan Rollout = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Node_StaysDead_IsReplacedWithinOneMinute()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var dead = Assert.Single(await cluster.NodesAsync()).Metadata.Name!;
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");

        await cluster.Kubelet.KillAsync(dead);

        await cluster.EventuallyAsync(
            async () => (await cluster.TryMeetingAsync("standup"))!.Status is { Assignments: [{ State: AssignmentState.Ready } now] } && now.SfuNode != dead, "another node has the meeting", timeout: TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await cluster.PoolAsync("p")).Status!.Replicas);
    }

    [Fact]
    public async Task Rollout_DeadNode_Continues()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.Kubelet.KillAsync((await cluster.NodesAsync())[0].Metadata.Name!);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Any(node => node.Status!.State == SfuNodeState.Unhealthy), "the node is reported as unhealthy");

        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"version":"2.0"}}""")!, default);

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { UpdatedReplicas: 2, ReadyReplicas: 2, Replicas: 2 }, "two up-to-date nodes are ready", timeout: Rollout);
    }

    /// <summary>The cluster node exists, and nothing ends the Pod: only its overdue deletion shows that the process has ended.</summary>
    [Fact]
    public async Task Pod_TerminatingForever_NodeIsReplaced()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(5) }, time: time);
        await WithClusterNodeAsync(cluster, "cluster-node-1");
        await WithClusterNodeAsync(cluster, "cluster-node-2");
        (cluster.Kubelet.Schedules, cluster.Kubelet.OtherClusterNodes) = (true, ["cluster-node-2"]); // The Pod keeps its ports on its cluster node.
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var lost = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments).SfuNode;

        await cluster.Kubelet.CutPowerAsync(lost);
        await cluster.Client.DeleteAsync<Pod>(new NamespacedName("meet-a", lost), default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single(node => node.Metadata.Name == lost).Status!.State == SfuNodeState.Unhealthy, "the node is unresponsive");
        time.Skip(TimeSpan.FromMinutes(1));

        IReadOnlyList<SfuNode> nodes = [];
        await cluster.EventuallyAsync(
            async () => (nodes = await cluster.NodesAsync()) is [{ Status.State: SfuNodeState.Ready or SfuNodeState.Allocated } only] && only.Metadata.Name != lost,
            "only the replacement remains", () => string.Join("; ", nodes.Select(node => $"{node.Metadata.Name} {node.Status?.State} {node.Status?.Message}")));
        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != lost, "has moved");
        await cluster.Client.DeleteAsync<Pod>(new NamespacedName("meet-a", lost), default, new DeleteOptions { GracePeriodSeconds = 0 });
    }

    [Fact]
    public async Task ClusterNode_Deleted_MediaNodeIsReplaced()
    {
        await using var cluster = await TestCluster.StartAsync();
        await WithClusterNodeAsync(cluster, "cluster-node-1");
        await WithClusterNodeAsync(cluster, "cluster-node-2");
        await cluster.WithTenantAsync();
        var lost = Assert.Single(await cluster.NodesAsync()).Metadata.Name!;

        cluster.Kubelet.ClusterNode = "cluster-node-2";
        await cluster.Kubelet.KillAsync(lost);
        await cluster.Client.DeleteAsync<Node>(new NamespacedName(null, "cluster-node-1"), default);

        await cluster.EventuallyAsync(
            async () => await cluster.NodesAsync() is [{ Status.State: SfuNodeState.Ready } only] && only.Metadata.Name != lost, "only the replacement remains", timeout: Rollout);
    }

    /// <summary>Only the cluster can distinguish a power failure from a node that only the operator cannot reach.</summary>
    [Fact]
    public async Task ClusterNode_LosesPower_MeetingMovesOnceNotReady()
    {
        await using var cluster = await TestCluster.StartAsync();
        await WithClusterNodeAsync(cluster, "cluster-node-1");
        await WithClusterNodeAsync(cluster, "cluster-node-2");
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        cluster.Kubelet.ClusterNode = "cluster-node-2";
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");

        await cluster.Kubelet.CutPowerAsync(before.SfuNode);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single(node => node.Metadata.Name == before.SfuNode).Status!.State == SfuNodeState.Unhealthy, "the node does not respond");
        Assert.Equal(before.SfuNode, Assert.Single((await cluster.TryMeetingAsync("standup"))!.Status!.Assignments).SfuNode);

        await ReadyAsync(cluster, "cluster-node-1", "Unknown");

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
    }

    /// <summary>Long before Kubernetes reports the cluster node as not ready.</summary>
    [Fact]
    public async Task ClusterNode_LosesPower_MeetingMovesOnceKubeletIsSilent()
    {
        await using var cluster = await TestCluster.StartAsync();
        await WithClusterNodeAsync(cluster, "cluster-node-1");
        await WithClusterNodeAsync(cluster, "cluster-node-2");
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = MachineHeartbeats.Namespace } }, default);
        await RenewAsync(cluster, "cluster-node-1");
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        cluster.Kubelet.ClusterNode = "cluster-node-2";
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");

        await cluster.Kubelet.CutPowerAsync(before.SfuNode);

        await cluster.EventuallyAsync(
            async () =>
            {
                await RenewAsync(cluster, "cluster-node-2");
                return (await cluster.TryMeetingAsync("standup"))!.Status is { Assignments: [{ State: AssignmentState.Ready } now] } && now.SfuNode != before.SfuNode;
            },
            "has moved");
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()).Any(node => node.Metadata.Name == before.SfuNode && node.Status!.Message?.Contains("does not renew its Lease", StringComparison.Ordinal) == true), "the node shows why");
    }

    [Fact]
    public async Task ClusterNode_NotReadyButMediaNodeResponds_KeepsMeeting()
    {
        await using var cluster = await TestCluster.StartAsync();
        await WithClusterNodeAsync(cluster, "cluster-node-1");
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        var node = cluster.Kubelet.Node(before.SfuNode);

        await ReadyAsync(cluster, "cluster-node-1", "Unknown");
        var polls = node.Requests;
        await cluster.EventuallyAsync(() => Task.FromResult(node.Requests >= polls + 4), "the node is polled repeatedly");

        Assert.Equal((before.SfuNode, before.Generation), (await cluster.TryMeetingAsync("standup"))!.Status!.Assignments.Select(now => (now.SfuNode, now.Generation)).Single());
        Assert.All(await cluster.NodesAsync(), seen => Assert.True(seen.Status!.State is SfuNodeState.Ready or SfuNodeState.Allocated));
    }

    [Fact]
    public async Task ClusterNode_Cordoned_MediaNodeIsReplacedThenDrained()
    {
        await using var cluster = await TestCluster.StartAsync();
        await WithClusterNodeAsync(cluster, "cluster-node-1");
        await WithClusterNodeAsync(cluster, "cluster-node-2");
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("before");
        var meeting = await cluster.WaitForReadyAsync("before");
        var cordoned = Assert.Single(meeting.Status!.Assignments).SfuNode;
        cluster.Kubelet.Node(cordoned).SetParticipants(meeting.Status.MeetingId!, 2);

        cluster.Kubelet.ClusterNode = "cluster-node-2";
        await cluster.Client.MergePatchAsync<Node>(new NamespacedName(null, "cluster-node-1"), JsonNode.Parse("""{"spec":{"unschedulable":true}}""")!, default);

        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()) is { Count: 2 } nodes && nodes.Single(node => node.Metadata.Name == cordoned).Status!.State == SfuNodeState.Draining
                && nodes.Single(node => node.Metadata.Name != cordoned).Status!.State == SfuNodeState.Ready,
            "its replacement is ready, and it drains");
        await cluster.CreateMeetingAsync("after");
        Assert.NotEqual(cordoned, Assert.Single((await cluster.WaitForReadyAsync("after")).Status!.Assignments).SfuNode);
        Assert.Equal(cordoned, Assert.Single((await cluster.TryMeetingAsync("before"))!.Status!.Assignments).SfuNode);

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "before"), default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Metadata.Name != cordoned), "it is deleted once it is empty");
    }

    private static async Task WithClusterNodeAsync(TestCluster cluster, string name)
    {
        cluster.Kubelet.Schedules = true;
        await cluster.Client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = name } }, default);
        await ReadyAsync(cluster, name, "True");
    }

    /// <summary>Renews the Lease of a kubelet, which is late after 3 s.</summary>
    private static Task RenewAsync(TestCluster cluster, string name) => cluster.Client.ApplyAsync(
        new Lease { Metadata = new ObjectMeta { Name = name, Namespace = MachineHeartbeats.Namespace }, Spec = new LeaseSpec { HolderIdentity = name, LeaseDurationSeconds = 10, RenewTime = TimeProvider.System.GetUtcNow() } },
        new ApplyOptions { FieldManager = "kubelet", Force = true },
        default);

    private static Task ReadyAsync(TestCluster cluster, string name, string status) => cluster.Client.MergePatchAsync<Node>(
        new NamespacedName(null, name),
        new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = status }) } },
        default,
        new WriteOptions { Subresource = "status" });
}
