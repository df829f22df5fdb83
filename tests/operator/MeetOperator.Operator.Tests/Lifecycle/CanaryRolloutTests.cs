using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A new template is tried on one media node. The test moves the clock, so that rounds of test calls follow each other at once.</summary>
public sealed class CanaryRolloutTests
{
    private static readonly NamespacedName Pool = new("meet-a", "p");

    [Fact]
    public async Task Trial_CallsSucceed_ReplacesOtherNodes()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ChangeAsync("""{"version":"2.0"}""");
        var canary = await stage.WaitForCanaryAsync();

        Assert.Equal(2, (await stage.Cluster.NodesAsync()).Count(node => stage.Before.Contains(node.Metadata.Name!) && node.Spec.Drain is null));
        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.Complete, "the rollout is complete");

        Assert.True(canary.Calls >= 12);
        var state = await stage.StateAsync();
        Assert.Equal((RolloutResult.Completed, "2.0"), (state.History[0].Result, state.History[0].Image!.Split(':')[^1]));
        Assert.DoesNotContain(await stage.NamesAsync(), stage.Before.Contains);
    }

    [Fact]
    public async Task Trial_CallsFail_RollsBackAndIsNotRepeated()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ChangeAsync("""{"version":"2.0"}""");
        var canary = await stage.WaitForCanaryAsync();
        canary.Call = new CallReport { Problem = "no media arrived within 8 s" };

        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.RolledBack, "the rollout is rolled back");
        await stage.Cluster.EventuallyAsync(async () => (await stage.NamesAsync()).SetEquals(stage.Before), "the canary is removed and the old nodes stay");

        var pool = await stage.Cluster.PoolAsync("p");
        var stalled = pool.Status!.Conditions.Single(condition => condition.Type == "Stalled");
        Assert.Equal("RolledBack", stalled.Reason);
        Assert.Contains($"calls failed: {canary.Name}: no media arrived within 8 s", stalled.Message, StringComparison.Ordinal);
        Assert.Equal((RolloutResult.RolledBack, 1), (pool.Status.Rollout!.History[0].Result, pool.Status.Rollout.History.Count));
        await stage.Cluster.EventuallyAsync(async () => (await stage.Cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Reason == "RolledBack"), "an event tells why");

        // Another node that the pool needs gets the former template.
        await stage.ChangeAsync("""{"replicas":3}""");
        await stage.Cluster.EventuallyAsync(async () => (await stage.Cluster.PoolAsync("p")).Status is { ReadyReplicas: 3 }, "a third node is ready");
        Assert.DoesNotContain(await stage.ImagesAsync(), image => image.EndsWith(":2.0", StringComparison.Ordinal));

        await stage.ChangeAsync("""{"version":"2.1"}""");
        await stage.WaitForCanaryAsync();
    }

    [Fact]
    public async Task Trial_NodeStillStarting_IsNotCalled()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ChangeAsync("""{"version":"2.0"}""");
        var canary = await stage.WaitForCanaryAsync();
        await stage.SkipUntilAsync(state => state.Canary is { Rounds: > 0 }, "a round counts"); // the trial does not wait for the creation of the node any more
        canary.IsStarting = true;
        await stage.SkipUntilAsync(state => state.Canary is { WaitingRounds: > 0 }, "the trial waits for the node");
        canary.Call = new CallReport { Problem = "the media node is not ready" };
        await stage.SkipUntilAsync(state => state.Canary is { WaitingRounds: > 3 }, "the trial still waits");

        canary.Call = new CallReport { FirstFrameMs = 120 };
        canary.IsStarting = false;
        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.Complete, "the rollout is complete");
        Assert.Equal(RolloutResult.Completed, (await stage.StateAsync()).History[0].Result);
    }

    [Fact]
    public async Task Trial_ParticipantsCannotConnect_RollsBack()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ChangeAsync("""{"version":"2.0"}""");
        var canary = await stage.WaitForCanaryAsync();
        canary.Connections = (150, 6); // the test calls succeed

        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.RolledBack, "the rollout is rolled back");

        Assert.Contains("6 of 150 connections of participants failed", (await stage.StateAsync()).History[0].Reason, StringComparison.Ordinal);
        await stage.Cluster.EventuallyAsync(async () => (await stage.NamesAsync()).SetEquals(stage.Before), "the canary is removed and the old nodes stay");
    }

    [Fact]
    public async Task Trial_AsManyFailOnFormerNodes_ReplacesOtherNodes()
    {
        await using var stage = await Stage.StartAsync();
        foreach (var former in stage.Before)
        {
            stage.Cluster.Kubelet.Node(former).Connections = (1_000, 50);
        }

        await stage.ChangeAsync("""{"version":"2.0"}""");
        var canary = await stage.WaitForCanaryAsync();
        canary.Connections = (150, 6);

        await stage.SkipUntilAsync(state => state.Canary is { FailedJoins: 6 }, "the failed connections are counted");
        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.Complete, "the rollout is complete");
        Assert.DoesNotContain(await stage.NamesAsync(), stage.Before.Contains);
    }

    [Fact]
    public async Task Trial_LeaderChangesInTheMiddle_NextOneContinues()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ChangeAsync("""{"version":"2.0"}""");
        await stage.WaitForCanaryAsync();
        await stage.SkipUntilAsync(state => state.Canary is { Rounds: >= 3 }, "three rounds are stored");
        var before = (await stage.StateAsync()).Canary!;

        await stage.Cluster.StopOperatorAsync("operator-1");
        await stage.StartOperatorAsync("operator-2");
        await stage.SkipUntilAsync(state => state.Canary is { } canary && canary.Rounds > before.Rounds, "the next leader counts on");

        Assert.Equal(before.Nodes, (await stage.StateAsync()).Canary!.Nodes);
        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.Complete, "the rollout is complete");
    }

    [Fact]
    public async Task Trial_CanaryDies_RollsBack()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ChangeAsync("""{"version":"2.0"}""");
        var canary = await stage.WaitForCanaryAsync();

        await stage.Cluster.Kubelet.KillAsync(canary.Name);

        await stage.SkipUntilAsync(state => state.Phase == RolloutPhase.RolledBack, "the rollout is rolled back");
        Assert.Contains(canary.Name, (await stage.StateAsync()).History[0].Reason, StringComparison.Ordinal);
        await stage.Cluster.EventuallyAsync(async () => (await stage.NamesAsync()).SetEquals(stage.Before), "the old nodes stay");
    }

    private sealed record Stage(TestCluster Cluster, SkippableTime Time, HashSet<string> Before) : IAsyncDisposable
    {
        public static async Task<Stage> StartAsync()
        {
            var cluster = await TestCluster.StartAsync(withOperator: false);
            var stage = new Stage(cluster, new SkippableTime(), []);
            await stage.StartOperatorAsync("operator-1");
            var rollout = new SfuRollout { Type = RolloutType.Migrate, Canary = new SfuCanary { Minutes = 1 } };
            await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = rollout });
            await cluster.EventuallyAsync(async () => (await stage.StateAsync()) is { Phase: RolloutPhase.Complete, Stable: not null }, "the template of the pool is known");
            stage.Before.UnionWith(await stage.NamesAsync());
            return stage;
        }

        public Task StartOperatorAsync(string name) => Cluster.StartOperatorAsync(name, change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(20) }, time: Time);

        public Task<SfuPool> ChangeAsync(string spec) => Cluster.Client.MergePatchAsync<SfuPool>(Pool, new JsonObject { ["spec"] = JsonNode.Parse(spec) }, default);

        public async Task<SfuRolloutStatus> StateAsync() => (await Cluster.PoolAsync("p")).Status?.Rollout ?? new SfuRolloutStatus();

        public async Task<HashSet<string>> NamesAsync() => [.. (await Cluster.NodesAsync()).Select(node => node.Metadata.Name!)];

        public async Task<IReadOnlyList<string>> ImagesAsync() =>
            [.. (await Cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items.Where(pod => pod.Metadata.DeletionTimestamp is null).Select(pod => pod.Spec.Containers[0].Image!)];

        /// <summary>Waits until one new node is ready beside the former ones.</summary>
        public async Task<SimulatedMediaNode> WaitForCanaryAsync()
        {
            string? name = null;
            await Cluster.EventuallyAsync(
                async () =>
                {
                    name = (await StateAsync()) is { Phase: RolloutPhase.Canary } ? (await Cluster.NodesAsync()).FirstOrDefault(node => !Before.Contains(node.Metadata.Name!) && node.Status?.State == SfuNodeState.Ready && IsNew(node))?.Metadata.Name : null;
                    return name is not null;
                },
                "a node tries the new template");
            return Cluster.Kubelet.Node(name!);
        }

        /// <summary>Moves the clock to the next round of test calls after each one.</summary>
        public Task SkipUntilAsync(Func<SfuRolloutStatus, bool> condition, string what)
        {
            var seen = -1;
            return Cluster.EventuallyAsync(
                async () =>
                {
                    var state = await StateAsync();
                    var rounds = (state.Canary?.Rounds ?? 0) + (state.Canary?.WaitingRounds ?? 0);
                    if (rounds != seen)
                    {
                        seen = rounds;
                        Time.Skip(TimeSpan.FromSeconds(5));
                    }

                    return condition(state);
                },
                what);
        }

        public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();

        private static bool IsNew(SfuNode node) => node.Spec.Drain is null;
    }
}
