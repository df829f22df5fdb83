using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Two meetings on a media node that becomes overloaded: standup with two participants, and review with eight.</summary>
public sealed class RebalanceTests
{
    private readonly SkippableTime _time = new();

    [Fact]
    public async Task Stress_Lasts_MovesEmptiestMeetingAndSaysWhy()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster);

        stage.First.Stress = 0.97;
        await SkipUntilAsync(cluster, stage, seen => seen.Assignments is [{ State: AssignmentState.Ready } origin, ..] && origin.SfuNode == stage.Second.Name, "moves to the other node");
        stage.Second.SetParticipants(stage.Id, 2);
        stage.First.SetParticipants(stage.Id, 0);
        stage.First.Stress = 0.5;

        await stage.WaitAsync(seen => seen is { Participants: 2, Assignments: [_] }, "has left the overloaded node");
        Assert.Equal(stage.First.Name, (await cluster.TryMeetingAsync("review"))!.Status!.Assignments.Single().SfuNode);
        await EventAsync(cluster, MoveStage.Key.Name, $"moved to {stage.Second.Name}: {stage.First.Name} is overloaded (its busiest media loop is at 9");
        await EventAsync(cluster, stage.First.Name, $"the media node is overloaded: 1 of its meetings move to {stage.Second.Name}");
        await cluster.EventuallyAsync(async () => await OverloadAsync(cluster, stage) is null, "the condition is gone");
        Assert.Null((await stage.WaitAsync(static _ => true, "is read")).Move);
    }

    [Fact]
    public async Task Stress_OtherNodeIsBusyToo_StaysAndSaysSoOnce()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var stage = await StartAsync(cluster);
        stage.Second.Stress = 0.75;

        stage.First.Stress = 0.97;
        await SkipUntilAsync(cluster, stage, async () => (await OverloadAsync(cluster, stage))?.Reason == "NowhereToGo", "the node says so");
        _time.Skip(TimeSpan.FromSeconds(20));
        var polls = stage.First.Requests;
        await cluster.EventuallyAsync(() => Task.FromResult(stage.First.Requests > polls + 8), "the node was polled on");

        var told = (await cluster.Client.ListAllAsync<Event>("meet-a", new(), default)).Items.Where(happened => happened.InvolvedObject.Name == stage.First.Name && happened.Message!.Contains("add media nodes", StringComparison.Ordinal)).ToArray();
        Assert.Equal(1, Assert.Single(told).Count ?? 1);
        Assert.Equal(stage.First.Name, (await stage.WaitAsync(static _ => true, "is read")).Assignments.Single().SfuNode);
    }

    private async Task<MoveStage> StartAsync(TestCluster cluster)
    {
        await cluster.StartOperatorAsync("operator-1", change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(5) }, time: _time);
        var stage = await MoveStage.StartAsync(cluster);
        await cluster.CreateMeetingAsync("review");
        var review = (await cluster.WaitForReadyAsync("review")).Status!;
        Assert.Equal(stage.First.Name, review.Assignments.Single().SfuNode);
        stage.First.SetParticipants(review.MeetingId!, 8);
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"rebalance":{"cooldownSeconds":10}}}""")!, default);
        _time.Skip(TimeSpan.FromSeconds(61)); // In its first minute, a leader moves nothing.
        return stage;
    }

    private Task SkipUntilAsync(TestCluster cluster, MoveStage stage, Func<MeetingStatus, bool> condition, string what) =>
        SkipUntilAsync(cluster, stage, async () => condition((await cluster.TryMeetingAsync(MoveStage.Key.Name))!.Status!), what);

    /// <summary>Each report comes two seconds later than by the clock of the machine.</summary>
    private Task SkipUntilAsync(TestCluster cluster, MoveStage stage, Func<Task<bool>> condition, string what)
    {
        var polls = stage.First.Requests;
        return cluster.EventuallyAsync(
            async () =>
            {
                if (stage.First.Requests > polls)
                {
                    polls = stage.First.Requests;
                    _time.Skip(TimeSpan.FromSeconds(1.5));
                }

                return await condition();
            },
            what);
    }

    private static async Task<Condition?> OverloadAsync(TestCluster cluster, MoveStage stage) =>
        Conditions.Get((await cluster.NodesAsync()).Single(node => node.Metadata.Name == stage.First.Name).Status!.Conditions, MeetConditions.Overloaded);

    private static Task EventAsync(TestCluster cluster, string about, string message) => cluster.EventuallyAsync(
        async () => (await cluster.Client.ListAllAsync<Event>("meet-a", new(), default)).Items.Any(happened => happened.InvolvedObject.Name == about && happened.Message!.StartsWith(message, StringComparison.Ordinal)),
        $"there is an event: {message}");
}
