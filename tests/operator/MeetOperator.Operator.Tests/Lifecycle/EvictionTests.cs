using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Evictions of media node Pods, as the API server asks the webhook about them.</summary>
public sealed class EvictionTests
{
    [Fact]
    public async Task Evict_NodeWithParticipants_MovesMeetingBeforePodIsDeleted()
    {
        await using var cluster = await StartAsync();
        var node = await WithParticipantsAsync(cluster);

        var first = await EvictAsync(cluster, node);

        Assert.False(first.Allowed);
        Assert.Matches($"^media node {node} is being drained: 1 meeting with [02] participants has to move first; retry until its Pod is gone", first.Message);
        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != node, "has moved");
        Assert.False((await EvictAsync(cluster, node)).Allowed); // Participants are still connected.
        cluster.Kubelet.Node(node).SetParticipants(moved.Status!.MeetingId!, 0);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Pod>(new NamespacedName("meet-a", node), default) is null, "the operator deletes the empty Pod");
        await cluster.EventuallyAsync(async () => (await EvictAsync(cluster, node)).Allowed, "there is nothing to protect any more");
    }

    [Fact]
    public async Task Evict_NowhereToGo_NamesTheFixAndKeepsParticipants()
    {
        await using var cluster = await StartAsync();
        var node = await WithParticipantsAsync(cluster);
        cluster.Kubelet.Paused = true; // Its replacement cannot start.

        await cluster.EventuallyAsync(
            async () => await EvictAsync(cluster, node) is { Allowed: false } refused && refused.Message.Contains("blocked: no other media node can take meeting meet-a/standup: add capacity", StringComparison.Ordinal), "the refusal names the fix");

        Assert.Equal(node, (await cluster.TryMeetingAsync("standup"))!.Status!.Assignments[0].SfuNode);
        Assert.Null((await cluster.Client.GetAsync<Pod>(new NamespacedName("meet-a", node), default)).Metadata.DeletionTimestamp);

        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", node), JsonNode.Parse("""{"spec":{"drain":null}}""")!, default);
        await cluster.EventuallyAsync(async () => (await NodeAsync(cluster, node)).Status is { State: SfuNodeState.Allocated }, "the drain can be taken back");
    }

    [Theory]
    [InlineData("""{"apiVersion":"policy/v1","kind":"Eviction","deleteOptions":{"dryRun":["All"]}}""", false)]
    [InlineData("""{"apiVersion":"policy/v1","kind":"Eviction"}""", true)]
    public async Task Evict_DryRun_IsAllowedWithoutDrain(string eviction, bool dryRun)
    {
        await using var cluster = await StartAsync();
        var node = await WithParticipantsAsync(cluster);

        var decision = await Reviewer(cluster).ReviewAsync(Request(node) with { Object = JsonNode.Parse(eviction)!.AsObject(), DryRun = dryRun }, default);

        Assert.True(decision.Allowed);
        Assert.Null((await NodeAsync(cluster, node)).Spec.Drain);
    }

    [Fact]
    public async Task Evict_AtFollower_StartsDrain()
    {
        await using var cluster = await StartAsync();
        var node = await WithParticipantsAsync(cluster);
        await cluster.StartOperatorAsync("operator-2", change: Protected);
        var follower = Reviewer(cluster, "operator-2");

        await cluster.EventuallyAsync(async () => (await follower.ReviewAsync(Request(node), default)).Message.Contains("is being drained", StringComparison.Ordinal), "the follower has its caches");

        Assert.Equal((EvictionRules.Reason, null), ((await NodeAsync(cluster, node)).Spec.Drain!.Reason, (await NodeAsync(cluster, node)).Spec.Drain!.DeadlineSeconds));
    }

    [Fact]
    public async Task Evict_NodeThatDrains_LeavesItsDrainAsItIs()
    {
        await using var cluster = await StartAsync();
        var node = await WithParticipantsAsync(cluster);
        await DrainAsync(cluster, node, """{"reason":"new kernel"}""");

        await EvictAsync(cluster, node);

        Assert.Equal(("new kernel", null), ((await NodeAsync(cluster, node)).Spec.Drain!.Reason, (await NodeAsync(cluster, node)).Spec.Drain!.DeadlineSeconds));
    }

    [Fact]
    public async Task Evict_NodeWithDeadlineOfItsOwn_KeepsDeadline()
    {
        await using var cluster = await StartAsync();
        var node = await WithParticipantsAsync(cluster);
        await DrainAsync(cluster, node, """{"deadlineSeconds":300}""");

        Assert.False((await EvictAsync(cluster, node)).Allowed);

        Assert.Equal(300, (await NodeAsync(cluster, node)).Spec.Drain!.DeadlineSeconds);
    }

    [Fact]
    public async Task Evict_PodOfSomebodyElse_IsAllowed()
    {
        await using var cluster = await StartAsync();
        await WithParticipantsAsync(cluster);

        Assert.True((await EvictAsync(cluster, "postgres-0")).Allowed);
        Assert.True((await Reviewer(cluster).ReviewAsync(Request("postgres-0") with { Namespace = "default" }, default)).Allowed);
    }

    [Fact]
    public async Task Pod_MeetingComesAndGoes_IsMarkedWhileInUse()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: static options => Protected(options) with { LeaseDuration = TimeSpan.FromMinutes(5) }, time: time);
        await cluster.WithTenantAsync();
        var key = Assert.Single(await cluster.NodesAsync()).Metadata.NamespacedName;
        await MarkedAsync(inUse: false);
        var budget = await cluster.Client.GetAsync<PodDisruptionBudget>(new NamespacedName("meet-a", "p-media-nodes"), default);
        Assert.Equal(new Dictionary<string, string> { [MeetLabels.SfuPool] = "p", [MeetLabels.InUse] = "true" }, budget.Spec.Selector!.MatchLabels);

        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        await MarkedAsync(inUse: true);

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the meeting is deleted");
        time.Skip(TimeSpan.FromSeconds(70));
        await MarkedAsync(inUse: false);

        Task MarkedAsync(bool inUse) => cluster.EventuallyAsync(
            async () =>
            {
                var metadata = (await cluster.Client.GetAsync<Pod>(key, default)).Metadata;
                return metadata.Labels!.ContainsKey(MeetLabels.InUse) == inUse && metadata.Annotations![MeetAnnotations.SafeToEvict] == (inUse ? "false" : "true");
            },
            inUse ? "the Pod is marked as in use" : "the Pod is marked as free");
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: Protected);
        return cluster;
    }

    private static OperatorOptions Protected(OperatorOptions options) => options with { EvictionProtection = true, Webhook = new WebhookOptions { Address = "127.0.0.1:0" } };

    private static IEvictionReviewer Reviewer(TestCluster cluster, string replica = "operator-1") => cluster.Service<IEvictionReviewer>(replica);

    private static Task<EvictionDecision> EvictAsync(TestCluster cluster, string pod) => Reviewer(cluster).ReviewAsync(Request(pod), default);

    private static AdmissionRequest Request(string pod) => new()
    {
        Operation = AdmissionOperation.Create,
        Group = "policy",
        Kind = "Eviction",
        Namespace = "meet-a",
        Name = pod,
        Subresource = "eviction",
        Object = JsonNode.Parse("""{"apiVersion":"policy/v1","kind":"Eviction"}""")!.AsObject(),
    };

    private static async Task<string> WithParticipantsAsync(TestCluster cluster)
    {
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Drain = new SfuDrain { DeadlineSeconds = 600 } });
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(meeting.Status!.Assignments).SfuNode;
        cluster.Kubelet.Node(node).SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");
        await cluster.EventuallyAsync(async () => (await NodeAsync(cluster, node)).Status is { Meetings: 1 }, "the node shows its meeting");
        return node;
    }

    private static Task<SfuNode> NodeAsync(TestCluster cluster, string name) => cluster.Client.GetAsync<SfuNode>(new NamespacedName("meet-a", name), default);

    private static async Task DrainAsync(TestCluster cluster, string node, string drain)
    {
        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", node), new JsonObject { ["spec"] = new JsonObject { ["drain"] = JsonNode.Parse(drain) } }, default);
        await cluster.EventuallyAsync(async () => (await NodeAsync(cluster, node)).Status!.State == SfuNodeState.Draining, "the node is being drained");
    }
}
