using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>How long the meeting of a draining media node may continue there, by spec.drain.policy of its pool.</summary>
public sealed class DrainPolicyTests
{
    private readonly SkippableTime _time = new();

    [Fact]
    public async Task Migrate_ByDefault_MovesAtOnce()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster, "{}");

        await stage.PatchNodeAsync("""{"spec":{"drain":{"reason":"test"}}}""");

        await stage.WaitAsync(seen => seen.Assignments[0].SfuNode == stage.Second.Name, "moves");
    }

    [Theory]
    [InlineData("""{"policy":"WaitThenMigrate","softSeconds":90}""")]
    [InlineData("""{"policy":"Wait","deadlineSeconds":90}""")]
    public async Task Wait_MeetingDoesNotEnd_MovesAfterItsTimeAndNobodyIsDropped(string policy)
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster, policy);

        await stage.PatchNodeAsync("""{"spec":{"drain":{"reason":"test"}}}""");
        var node = await WaitForNodeAsync(cluster, stage, "for 1 meeting to end, then they move");
        Assert.Contains($"it waits until {node.Status!.DrainRequestedAt!.Value.AddSeconds(90):HH:mm:ss} UTC ", node.Status.Message, StringComparison.Ordinal);
        await cluster.CreateMeetingAsync("new");
        Assert.Equal(stage.Second.Name, (await cluster.WaitForReadyAsync("new")).Status!.Assignments.Single().SfuNode);
        await PolledOnAsync(cluster, stage);
        Assert.Equal(stage.First.Name, (await stage.WaitAsync(static _ => true, "is read")).Assignments.Single().SfuNode);

        _time.Skip(TimeSpan.FromSeconds(91));

        var moved = await stage.WaitAsync(seen => seen.Assignments[0].SfuNode == stage.Second.Name, "moves");
        Assert.Contains(moved.Assignments, left => left is { State: AssignmentState.Leaving } && left.SfuNode == stage.First.Name);
    }

    [Fact]
    public async Task Wait_ChangedToMigrateMeanwhile_MovesNow()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster, """{"policy":"Wait","deadlineSeconds":3600}""");
        await stage.PatchNodeAsync("""{"spec":{"drain":{"reason":"test"}}}""");
        await WaitForNodeAsync(cluster, stage, "for 1 meeting to end, then they move");

        await PatchPolicyAsync(cluster, """{"policy":"Migrate"}""");

        await stage.WaitAsync(seen => seen.Assignments[0].SfuNode == stage.Second.Name, "moves");
    }

    [Fact]
    public async Task Wait_MeetingEnds_NodeIsRemovedWithoutMove()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster, """{"policy":"Wait","deadlineSeconds":3600}""");
        await stage.PatchNodeAsync("""{"spec":{"drain":{"reason":"test"}}}""");
        await WaitForNodeAsync(cluster, stage, "for 1 meeting to end, then they move");

        stage.First.SetParticipants(stage.Id, 0);
        await cluster.Client.MergePatchAsync<Meeting>(MoveStage.Key, JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Metadata.Name != stage.First.Name), "the node is removed");
        Assert.DoesNotContain(stage.Id, stage.Second.Rooms().Keys);
    }

    [Fact]
    public async Task Wait_Eviction_SaysHowLongAndCanBeTakenBack()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster, """{"policy":"Wait","deadlineSeconds":3600}""");
        var reviewer = cluster.Service<IEvictionReviewer>("operator-1");

        await cluster.EventuallyAsync(async () => (await EvictAsync()).Contains("for 1 meeting with 2 participants to end, then they move", StringComparison.Ordinal), "the eviction says what it waits for");
        await PolledOnAsync(cluster, stage);
        Assert.Equal(stage.First.Name, (await stage.WaitAsync(static _ => true, "is read")).Assignments.Single().SfuNode);

        await stage.PatchNodeAsync("""{"spec":{"drain":null}}""");
        await cluster.EventuallyAsync(async () => (await NodeAsync(cluster, stage)).Status is { State: SfuNodeState.Allocated, DrainRequestedAt: null, Message: { } message } && !message.Contains("waits", StringComparison.Ordinal), "the node serves again");
        Assert.Equal((stage.First.Name, 2), (await stage.WaitAsync(static _ => true, "is read")) is var stayed ? (stayed.Assignments.Single().SfuNode, stayed.Participants) : default);

        async Task<string> EvictAsync()
        {
            var decision = await reviewer.ReviewAsync(
                new AdmissionRequest { Operation = AdmissionOperation.Create, Group = "policy", Kind = "Eviction", Namespace = "meet-a", Name = stage.First.Name, Subresource = "eviction" }, default);
            Assert.False(decision.Allowed);
            return decision.Message;
        }
    }

    /// <summary>The process ends within its grace period, so that a policy that waits would disconnect people.</summary>
    [Fact]
    public async Task Wait_PodIsDeleted_MovesAtOnce()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster, """{"policy":"Wait","deadlineSeconds":3600}""");
        await stage.PatchNodeAsync("""{"spec":{"drain":{"reason":"test"}}}""");
        await WaitForNodeAsync(cluster, stage, "for 1 meeting to end, then they move");

        await cluster.Client.DeleteAsync<Pod>(new NamespacedName("meet-a", stage.First.Name), default);

        await stage.WaitAsync(seen => seen.Assignments is [{ State: AssignmentState.Ready } origin, ..] && origin.SfuNode == stage.Second.Name, "moves");
    }

    private async Task<MoveStage> StartAsync(TestCluster cluster, string policy)
    {
        await cluster.StartOperatorAsync("operator-1", change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(5), EvictionProtection = true, Webhook = new WebhookOptions { Address = "127.0.0.1:0" } }, time: _time);
        var stage = await MoveStage.StartAsync(cluster);
        await PatchPolicyAsync(cluster, policy);
        await cluster.EventuallyAsync(async () => await cluster.PoolAsync("p") is var pool && pool.Status!.ObservedGeneration == pool.Metadata.Generation, "the operator knows the policy");
        return stage;
    }

    private static Task PatchPolicyAsync(TestCluster cluster, string policy) =>
        cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), new JsonObject { ["spec"] = new JsonObject { ["drain"] = JsonNode.Parse(policy) } }, default);

    private static async Task<SfuNode> NodeAsync(TestCluster cluster, MoveStage stage) => (await cluster.NodesAsync()).Single(node => node.Metadata.Name == stage.First.Name);

    private static async Task<SfuNode> WaitForNodeAsync(TestCluster cluster, MoveStage stage, string message)
    {
        await cluster.EventuallyAsync(async () => (await NodeAsync(cluster, stage)).Status!.Message!.Contains(message, StringComparison.Ordinal), $"the node says {message}");
        return await NodeAsync(cluster, stage);
    }

    private static Task PolledOnAsync(TestCluster cluster, MoveStage stage)
    {
        var polls = stage.First.Requests;
        return cluster.EventuallyAsync(() => Task.FromResult(stage.First.Requests >= polls + 4), "the node was polled on");
    }
}
