using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class TenantDeletionTests
{
    private static readonly NamespacedName TenantA = new(null, "a");
    private static readonly NamespacedName NamespaceA = new(null, "meet-a");

    [Theory]
    [InlineData(TenantDeletionPolicy.Retain, PropagationPolicy.Background)]
    [InlineData(TenantDeletionPolicy.Retain, PropagationPolicy.Foreground)]
    [InlineData(TenantDeletionPolicy.Delete, PropagationPolicy.Foreground)]
    public async Task Tenant_DeletedWithParticipants_WaitsAndNamesMeetings(TenantDeletionPolicy policy, PropagationPolicy propagation)
    {
        await using var cluster = await TestCluster.StartAsync();
        var node = await WithParticipantsAsync(cluster, policy);

        await cluster.Client.DeleteAsync<Tenant>(TenantA, default, new DeleteOptions { PropagationPolicy = propagation });

        await cluster.EventuallyAsync(async () => Blocked(await cluster.TenantAsync("a")) is { Reason: "MeetingsLive" } held && held.Message.Contains("meet-a/standup", StringComparison.Ordinal), "the tenant names the meetings that it waits for");
        var meeting = (await cluster.TryMeetingAsync("standup"))!;
        Assert.True(meeting.IsReady());
        Assert.Equal(2, cluster.Kubelet.Node(node).Rooms()[meeting.Status!.MeetingId!].Participants);
        Assert.Null((await cluster.Client.GetAsync<Namespace>(NamespaceA, default)).Metadata.DeletionTimestamp);

        await cluster.CreateMeetingAsync("late");
        await cluster.WaitForMeetingAsync("late", seen => seen.Status?.Conditions.Ready()?.Reason == "TenantDeleting", "is rejected");

        await EndAsync(cluster);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(TenantA, default) is null, "the tenant is deleted");
        var left = await cluster.Client.TryGetAsync<Namespace>(NamespaceA, default);
        Assert.Equal(policy == TenantDeletionPolicy.Retain, left is not null);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0 && cluster.Kubelet.Nodes.Count == 0, "its media nodes are deleted in both cases");
    }

    /// <summary>A forced drain disconnects them.</summary>
    [Fact]
    public async Task Tenant_LastParticipantsOnForceDrainedNode_IsDeleted()
    {
        await using var cluster = await TestCluster.StartAsync();
        var node = await WithParticipantsAsync(cluster, TenantDeletionPolicy.Delete);
        cluster.Kubelet.Node(node).RejectsRoomEnds = true;
        await EndAsync(cluster);
        await cluster.Client.DeleteAsync<Tenant>(TenantA, default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);
        await cluster.EventuallyAsync(async () => Blocked(await cluster.TenantAsync("a")) is not null, "the tenant waits");

        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", node), JsonNode.Parse("""{"spec":{"drain":{"force":true}}}""")!, default);

        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(TenantA, default) is null, "the tenant is deleted");
    }

    [Fact]
    public async Task Namespace_OwnerFromOlderVersion_IsRemoved()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var tenant = await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "a" }, Spec = new TenantSpec { Namespace = "meet-a" } }, default);
        var made = TenantNamespace.Build(tenant);
        made.Metadata.OwnerReferences = [Owner.Of(tenant)];
        await cluster.Client.CreateAsync(made, default);

        await cluster.StartOperatorAsync("operator-1");

        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<Namespace>(NamespaceA, default)).Metadata.OwnerReferences is null or { Count: 0 }, "the namespace no longer depends on the tenant");
    }

    [Fact]
    public async Task Pool_TenantDeleted_HasNoNodesUntilTenantExists()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();

        await cluster.Client.DeleteAsync<Tenant>(TenantA, default);

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.Conditions.Ready()?.Reason == "TenantMissing" && (await cluster.NodesAsync()).Count == 0, "the pool reports why it has no nodes");
        await cluster.CreateTenantAsync("a");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady() && (await cluster.NodesAsync()).Count == 1, "the pool is ready again");
    }

    private static async Task<string> WithParticipantsAsync(TestCluster cluster, TenantDeletionPolicy policy)
    {
        await cluster.WithTenantAsync();
        await cluster.Client.MergePatchAsync<Tenant>(TenantA, new JsonObject { ["spec"] = new JsonObject { ["deletionPolicy"] = policy.ToString() } }, default);
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(meeting.Status!.Assignments).SfuNode;
        cluster.Kubelet.Node(node).SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");
        return node;
    }

    private static Task EndAsync(TestCluster cluster) =>
        cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

    private static Condition? Blocked(Tenant tenant) => Conditions.Get(tenant.Status?.Conditions, MeetConditions.DeletionBlocked);
}
