using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Replacement of media nodes whose template has changed, mainly by an upgrade of the operator.</summary>
public sealed class RolloutTests
{
    private const string NewImage = "meetoperator/media-node:9.9";

    [Fact]
    public async Task Upgrade_NewImageDuringMeeting_ReplacesNodeOnceEmpty()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Drain = new SfuDrain { DeadlineSeconds = 0 } });
        var (old, generation) = await StartMeetingAsync(cluster, "standup");

        await UpgradeAsync(cluster, NewImage);

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Any(node => node.Metadata.Name != old && node.Status?.State == SfuNodeState.Ready), "a node with the new image is ready");
        await cluster.CreateMeetingAsync("retro");
        var retro = Assert.Single((await cluster.WaitForReadyAsync("retro")).Status!.Assignments);
        Assert.NotEqual(old, retro.SfuNode);
        await cluster.EventuallyAsync(async () => Updated(await cluster.PoolAsync("p")) is { Status: ConditionStatus.False, Reason: "WaitsForMeetings" } waits
            && waits.Message.Contains(old, StringComparison.Ordinal), "the pool reports what waits");
        var pool = (await cluster.PoolAsync("p")).Status!;
        Assert.Equal((1, 2, 0), (pool.UpdatedReplicas, pool.ReadyReplicas, pool.DrainingReplicas));
        Assert.DoesNotContain(pool.Conditions, condition => condition.Type is MeetConditions.Reconciling or MeetConditions.Stalled);
        var standup = Assert.Single((await cluster.TryMeetingAsync("standup"))!.Status!.Assignments);
        Assert.Equal((old, generation, false), (standup.SfuNode, standup.Generation, cluster.Kubelet.Node(old).Draining));

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

        await cluster.EventuallyAsync(async () => Assert.Single(await cluster.NodesAsync(), node => node.Metadata.Name != old) is not null && (await cluster.NodesAsync()).Count == 1, "the old node is deleted once it is empty");
        await cluster.EventuallyAsync(async () => Updated(await cluster.PoolAsync("p")) is { Status: ConditionStatus.True }, "the pool is up to date");
        Assert.Equal(retro.SfuNode, Assert.Single((await cluster.TryMeetingAsync("retro"))!.Status!.Assignments).SfuNode);
        var pod = Assert.Single((await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items, pod => pod.Metadata.DeletionTimestamp is null);
        Assert.Equal(NewImage, pod.Spec.Containers[0].Image);
    }

    [Fact]
    public async Task Upgrade_NewImageDuringMeeting_ReportsWaitingOnlyOnceTheNewNodeIsReady()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(pool: TestCluster.Pool());
        await StartMeetingAsync(cluster, "standup");
        var since = (await cluster.PoolAsync("p")).Metadata.ResourceVersion;

        await UpgradeAsync(cluster, NewImage);

        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var change in cluster.Client.WatchAsync<SfuPool>("meet-a", new WatchOptions { ResourceVersion = since }, end.Token))
        {
            if (Updated(change.Object!) is { Reason: "WaitsForMeetings" })
            {
                Assert.Equal((1, 2), (change.Object!.Status!.UpdatedReplicas, change.Object.Status.ReadyReplicas));
                return;
            }
        }

        Assert.Fail("the watch ended before the pool waited for the meeting");
    }

    [Fact]
    public async Task Upgrade_RolloutImmediate_MovesMeetings()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Drain = new SfuDrain { DeadlineSeconds = 0 }, Rollout = new SfuRollout { Type = RolloutType.Immediate } });
        var (old, generation) = await StartMeetingAsync(cluster, "standup");

        await UpgradeAsync(cluster, NewImage);

        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != old, "has moved");
        Assert.Equal(generation + 1, moved.Status!.Assignments[0].Generation);
    }

    [Fact]
    public async Task Upgrade_SameImage_KeepsNodes()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = Assert.Single(await cluster.NodesAsync()).Metadata.Name!;
        await cluster.StopOperatorAsync("operator-1");
        await cluster.Client.MergePatchAsync<Pod>(
            new NamespacedName("meet-a", node), new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [MeetAnnotations.PodHash] = null } } }, default);

        await cluster.StartOperatorAsync("operator-2");
        await cluster.CreateMeetingAsync("standup");

        Assert.Equal(node, Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments).SfuNode);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { UpdatedReplicas: 1, Meetings: 1 }, "the new operator has reconciled the pool");
        Assert.Equal(node, Assert.Single(await cluster.NodesAsync()).Metadata.Name);
    }

    [Fact]
    public async Task Upgrade_RolloutPaused_KeepsNodesUntilUnpaused()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Rollout = new SfuRollout { Paused = true } });
        var old = Assert.Single(await cluster.NodesAsync()).Metadata.Name;

        await UpgradeAsync(cluster, NewImage);

        await cluster.EventuallyAsync(async () => Updated(await cluster.PoolAsync("p")) is { Status: ConditionStatus.False, Reason: "RolloutPaused" }, "the pool reports that the rollout is paused");
        Assert.Equal(old, Assert.Single(await cluster.NodesAsync()).Metadata.Name);

        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"rollout":{"paused":false}}}""")!, default);

        await cluster.EventuallyAsync(async () => await cluster.NodesAsync() is [var only] && only.Metadata.Name != old, "the node is replaced");
    }

    private static Condition? Updated(SfuPool pool) => Conditions.Get(pool.Status?.Conditions, "Updated");

    /// <summary>Creates a meeting with two participants and returns its assignment.</summary>
    private static async Task<(string Node, long Generation)> StartMeetingAsync(TestCluster cluster, string name)
    {
        await cluster.CreateMeetingAsync(name);
        var meeting = await cluster.WaitForReadyAsync(name);
        var at = Assert.Single(meeting.Status!.Assignments);
        cluster.Kubelet.Node(at.SfuNode).SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync(name, seen => seen.Status!.Participants == 2, "has two participants");
        return (at.SfuNode, at.Generation);
    }

    /// <summary>Simulates a changed image in the chart: another replica with another default image takes over.</summary>
    private static async Task UpgradeAsync(TestCluster cluster, string image)
    {
        await cluster.StartOperatorAsync("operator-2", change: options => options with { MediaNodeImage = image });
        await cluster.StopOperatorAsync("operator-1");
    }
}
