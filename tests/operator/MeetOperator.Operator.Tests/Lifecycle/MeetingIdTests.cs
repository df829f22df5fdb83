using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A meeting whose name is the ID of another tenant's meeting gets no access to it.</summary>
public sealed class MeetingIdTests
{
    private const string IdTaken = "IdTaken";
    private static readonly MeetingSpec Lasting = new() { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0 } };

    [Fact]
    public async Task Meeting_NameIsUidOfAnother_StaysUnplaced()
    {
        await using var cluster = await WithTwoTenantsAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        var ours = await cluster.WaitForReadyAsync("standup");
        var id = ours.Status!.MeetingId!;
        var node = Node(cluster, ours);
        node.SetParticipants(id, 3);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 3, "has three participants");

        await cluster.CreateMeetingAsync(id, Lasting, tenant: "b", @namespace: "meet-b");
        await WaitForIdTakenAsync(cluster, id);

        Assert.Equal([id], node.Rooms().Keys);
        Assert.All(cluster.Kubelet.Nodes.Where(other => other != node), other => Assert.Empty(other.Rooms()));
        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("a")).Status!.Usage.ConcurrentMeetings == 1, "the tenant's meeting is counted");
        Assert.Equal(0, (await cluster.TenantAsync("b")).Status!.Usage.ConcurrentMeetings);

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-b", id), default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Meeting>(new NamespacedName("meet-b", id), default) is null, "the copy is deleted");
        await WaitForNextReportsAsync(cluster, node, id);
        Assert.Equal([id], node.Rooms().Keys);
        var after = (await cluster.TryMeetingAsync("standup"))!;
        Assert.True(after.IsReady());
        Assert.Equal((3, ours.Status.Assignments[0].Generation), (after.Status!.Participants, after.Status.Assignments[0].Generation));
    }

    [Fact]
    public async Task Meeting_IdTakenAndEnded_OtherMeetingContinues()
    {
        await using var cluster = await WithTwoTenantsAsync();
        var id = Guid.NewGuid().ToString("D");
        await cluster.CreateMeetingAsync(id, Lasting);
        var node = Node(cluster, await cluster.WaitForReadyAsync(id));
        await cluster.CreateMeetingAsync(id, Lasting, tenant: "b", @namespace: "meet-b");
        await WaitForIdTakenAsync(cluster, id);

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-b", id), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        await cluster.EventuallyAsync(async () => (await CopyAsync(cluster, id)).Status!.Phase == MeetingPhase.Ended, "the copy has ended");

        await WaitForNextReportsAsync(cluster, node, id);
        Assert.Equal([id], node.Rooms().Keys);
        Assert.True((await cluster.TryMeetingAsync(id))!.IsReady());
    }

    [Fact]
    public async Task Meeting_IdTaken_IsPlacedAfterOtherIsDeleted()
    {
        await using var cluster = await WithTwoTenantsAsync();
        var id = Guid.NewGuid().ToString("D");
        await cluster.CreateMeetingAsync(id, Lasting);
        await cluster.WaitForReadyAsync(id);
        await cluster.CreateMeetingAsync(id, Lasting, tenant: "b", @namespace: "meet-b");
        await WaitForIdTakenAsync(cluster, id);

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", id), default);

        await cluster.EventuallyAsync(async () => (await CopyAsync(cluster, id)).IsReady(), "the copy is placed");
    }

    [Fact]
    public async Task Operator_Restarted_SameMeetingOwnsId()
    {
        await using var cluster = await WithTwoTenantsAsync();
        var id = Guid.NewGuid().ToString("D");
        await cluster.CreateMeetingAsync(id, Lasting);
        var ours = await cluster.WaitForReadyAsync(id);
        await cluster.StopOperatorAsync("operator-1");
        await cluster.CreateMeetingAsync(id, Lasting, tenant: "b", @namespace: "meet-b");

        await cluster.StartOperatorAsync("operator-2");

        await WaitForIdTakenAsync(cluster, id);
        var after = (await cluster.TryMeetingAsync(id))!;
        Assert.True(after.IsReady());
        Assert.Equal(ours.Status!.Assignments[0], after.Status!.Assignments[0]);
    }

    [Fact]
    public async Task Meeting_RecreatedBetweenEvents_IsPlacedAgain()
    {
        await using var cluster = await WithTwoTenantsAsync();
        var id = Guid.NewGuid().ToString("D");
        await cluster.CreateMeetingAsync(id, Lasting);
        var first = await cluster.WaitForReadyAsync(id);

        // Deletes and recreates at once, so that the operator may observe a single change from one uid to another.
        await cluster.Client.MergePatchAsync<Meeting>(first.Metadata.NamespacedName, JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!, default);
        await cluster.Client.TryDeleteAsync<Meeting>(first.Metadata.NamespacedName, default);
        await cluster.CreateMeetingAsync(id, Lasting);

        var second = await cluster.WaitForReadyAsync(id);
        Assert.NotEqual(first.Metadata.Uid, second.Metadata.Uid);
    }

    [Fact]
    public async Task Meeting_StatusRemoved_IsWrittenAgain()
    {
        await using var cluster = await WithTwoTenantsAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        var before = (await cluster.WaitForReadyAsync("standup")).Status!.Assignments[0];

        await cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"status":{"assignments":[]}}""")!, default, new WriteOptions { Subresource = "status" });

        var after = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Assignments.Count == 1, "has its assignment again");
        Assert.Equal((before.SfuNode, before.Generation), (after.Status!.Assignments[0].SfuNode, after.Status.Assignments[0].Generation));
    }

    [Fact]
    public async Task Meeting_StatusHasHigherGeneration_NextPlacementExceedsIt()
    {
        await using var cluster = await WithTwoTenantsAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        var before = (await cluster.WaitForReadyAsync("standup")).Status!.Assignments[0];
        var restored = new JsonObject { ["sfuNode"] = "gone", ["namespace"] = "meet-a", ["role"] = "Origin", ["state"] = "Ready", ["generation"] = before.Generation + 10 };

        await cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName("meet-a", "standup"), new JsonObject { ["status"] = new JsonObject { ["assignments"] = new JsonArray(restored) } }, default, new WriteOptions { Subresource = "status" });

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments is [{ State: AssignmentState.Ready, SfuNode: not "gone" } now] && now.Generation > before.Generation + 10, "exceeds it");
    }

    private static async Task<TestCluster> WithTwoTenantsAsync()
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");
        var pool = TestCluster.Pool() with { Replicas = 1, Exposure = new SfuExposure { PortRange = new PortRange { Min = 43000, Max = 43063 }, AddressSource = AddressSource.HostIP } };
        await cluster.Client.CreateAsync(new SfuPool { Metadata = new ObjectMeta { Name = "p", Namespace = "meet-b" }, Spec = pool }, default);
        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<SfuPool>(new NamespacedName("meet-b", "p"), default)).Status?.ReadyReplicas == 1, "the second pool's node is ready");
        return cluster;
    }

    private static async Task WaitForIdTakenAsync(TestCluster cluster, string id)
    {
        await cluster.EventuallyAsync(
            async () => Conditions.Get((await CopyAsync(cluster, id)).Status?.Conditions, MeetConditions.Accepted) is { Status: ConditionStatus.False, Reason: IdTaken }, "the copy is rejected");
        var rejected = (await CopyAsync(cluster, id)).Status!;
        Assert.Equal(IdTaken, rejected.Conditions.Ready()!.Reason);
        Assert.Contains("another name", rejected.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("meet-a", rejected.Message, StringComparison.Ordinal);
        Assert.Empty(rejected.Assignments);
    }

    /// <summary>Waits for later reports, by which a room to be ended would have ended.</summary>
    private static async Task WaitForNextReportsAsync(TestCluster cluster, NodeControl.Testing.SimulatedMediaNode node, string id)
    {
        node.SetParticipants(id, 4);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items.Any(meeting => meeting.Status is { Participants: 4 }) || node.Rooms().Count == 0, "four participants are counted");
        node.SetParticipants(id, 3);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items.Any(meeting => meeting.Status is { Participants: 3 }) || node.Rooms().Count == 0, "three participants are counted");
    }

    private static Task<Meeting> CopyAsync(TestCluster cluster, string id) => cluster.Client.GetAsync<Meeting>(new NamespacedName("meet-b", id), default);

    private static NodeControl.Testing.SimulatedMediaNode Node(TestCluster cluster, Meeting meeting) => cluster.Kubelet.Node(meeting.Status!.Assignments[0].SfuNode);
}
