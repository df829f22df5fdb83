using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Rollouts of type Migrate: extra nodes are created, and meetings move while people talk.</summary>
public sealed class MigrationRolloutTests
{
    private static readonly SfuRollout Migrate = new() { Type = RolloutType.Migrate };
    private static readonly NamespacedName Pool = new("meet-a", "p");

    [Fact]
    public async Task Version_ChangedDuringMeeting_MovesItAndReplacesNodesWithOneExtra()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = Migrate });
        var before = await NamesAsync(cluster);
        var (meeting, node) = await StartMeetingAsync(cluster);
        await using var most = MostNodes.Watch(cluster);

        await ChangeAsync(cluster, """{"version":"2.0"}""");

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments.All(at => !before.Contains(at.SfuNode)), "has moved to a new media node");
        Assert.Contains(await cluster.NodesAsync(), seen => seen.Metadata.Name == node && seen.Spec.Drain is { DeadlineSeconds: 0 });
        Assert.Equal(2, (await cluster.PoolAsync("p")).Status!.ReadyReplicas);
        cluster.Kubelet.Node(node).SetParticipants(meeting, 0);

        await cluster.EventuallyAsync(async () => (await NamesAsync(cluster)) is { Count: 2 } names && !names.Overlaps(before), "both nodes are new");
        await cluster.EventuallyAsync(async () => (await RolloutAsync(cluster)) is { Phase: RolloutPhase.Complete, History.Count: 1 }, "the rollout is complete");
        var record = (await RolloutAsync(cluster)).History[0];
        Assert.Equal((RolloutResult.Completed, true), (record.Result, record.Image!.EndsWith(":2.0", StringComparison.Ordinal)));
        Assert.True(record.FinishedAt >= record.StartedAt);
        most.AssertEquals(3);
    }

    [Fact]
    public async Task Rollout_PausedInTheMiddle_BeginsNoStepUntilUnpaused()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = Migrate });
        var before = await NamesAsync(cluster);
        cluster.Kubelet.Paused = true; // The first new node does not start.
        await ChangeAsync(cluster, """{"version":"2.0"}""");
        await cluster.EventuallyAsync(async () => (await RolloutAsync(cluster)) is { Surge: 1 }, "there is an extra node");

        await ChangeAsync(cluster, """{"rollout":{"paused":true}}""");
        await cluster.EventuallyAsync(async () => await UpdatedReasonAsync(cluster) == "RolloutPaused", "the rollout is paused");
        cluster.Kubelet.Paused = false;
        await TouchPodsAsync(cluster);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { ReadyReplicas: 3, DrainingReplicas: 0 }, "the extra node is ready and nothing drains");
        Assert.Superset(before, await NamesAsync(cluster));

        await ChangeAsync(cluster, """{"rollout":{"paused":false}}""");
        await cluster.EventuallyAsync(async () => (await NamesAsync(cluster)) is { Count: 2 } names && !names.Overlaps(before), "both nodes are new");
    }

    [Fact]
    public async Task Rollout_LeaderChangesInTheMiddle_NextOneCompletesIt()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = Migrate });
        var before = await NamesAsync(cluster);
        var (meeting, node) = await StartMeetingAsync(cluster);
        await using var most = MostNodes.Watch(cluster);
        await ChangeAsync(cluster, """{"version":"2.0"}""");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Any(seen => seen.Metadata.Name == node && seen.Spec.Drain is { DeadlineSeconds: 0 }), "the node with the meeting drains");

        await cluster.StopOperatorAsync("operator-1");
        await cluster.StartOperatorAsync("operator-2");

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments.All(at => !before.Contains(at.SfuNode)), "has moved to a new media node");
        cluster.Kubelet.Node(node).SetParticipants(meeting, 0);
        await cluster.EventuallyAsync(async () => (await NamesAsync(cluster)) is { Count: 2 } names && !names.Overlaps(before), "both nodes are new");
        await cluster.EventuallyAsync(async () => (await RolloutAsync(cluster)) is { Phase: RolloutPhase.Complete, History: [{ Result: RolloutResult.Completed }] }, "one rollout is recorded");
        most.AssertEquals(3);
    }

    [Fact]
    public async Task Rollout_NextLeaderHasOldState_CreatesNoSecondExtraNode()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Bound["meet-a"] = true;
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = Migrate });
        var before = await NamesAsync(cluster);
        await cluster.StartOperatorAsync("operator-2", proxy.Address);
        await cluster.EventuallyAsync(() => Task.FromResult(proxy.Asked.ContainsKey("watch meetoperator.io/sfunodes")), "the follower watches media nodes");
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        proxy.DelayWatch = resource => resource == "sfunodes" ? arrived.Task : Task.CompletedTask;
        cluster.Kubelet.Paused = true; // The new node does not start.
        await using var most = MostNodes.Watch(cluster);
        await ChangeAsync(cluster, """{"version":"2.0"}""");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 3, "an extra node is created");
        var lists = proxy.Asked["list meetoperator.io/sfunodes"];

        await cluster.StopOperatorAsync("operator-1");
        await cluster.EventuallyAsync(() => Task.FromResult(most.Count > 3 || proxy.Asked["list meetoperator.io/sfunodes"] >= lists + 3), "the next leader compares with the API server");
        most.AssertEquals(3);
        arrived.SetResult();

        cluster.Kubelet.Paused = false;
        await TouchPodsAsync(cluster);
        await cluster.EventuallyAsync(async () => (await NamesAsync(cluster)) is { Count: 2 } names && !names.Overlaps(before), "both nodes are new");
        most.AssertEquals(3);
    }

    [Fact]
    public async Task Version_ChangedAgainInTheMiddle_NewestWins()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = Migrate });
        var before = await NamesAsync(cluster);
        cluster.Kubelet.Paused = true;
        await using var most = MostNodes.Watch(cluster);
        await ChangeAsync(cluster, """{"version":"broken"}""");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 3, "a node of the broken version is created");

        cluster.Kubelet.Paused = false;
        await ChangeAsync(cluster, """{"version":"fixed"}""");

        await cluster.EventuallyAsync(async () => (await NamesAsync(cluster)) is { Count: 2 } names && !names.Overlaps(before), "both nodes are new");
        await cluster.EventuallyAsync(async () => (await RolloutAsync(cluster)).Phase == RolloutPhase.Complete, "the rollout is complete");
        Assert.Equal([RolloutResult.Completed, RolloutResult.Superseded], (await RolloutAsync(cluster)).History.Select(record => record.Result!.Value));
        most.AssertEquals(3);
    }

    [Fact]
    public async Task Rollout_NoPortsForExtraNode_KeepsUsedNodeAndSaysWhy()
    {
        await using var cluster = await TestCluster.StartAsync();
        var exposure = TestCluster.Pool().Exposure with { PortRange = new PortRange { Min = 42000, Max = 42000 } };
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Rollout = Migrate, Exposure = exposure });
        var (_, node) = await StartMeetingAsync(cluster);

        await ChangeAsync(cluster, """{"version":"2.0"}""");
        await cluster.EventuallyAsync(async () => await UpdatedReasonAsync(cluster) == "NoPortsForSurge", "the pool says that ports are missing");
        Assert.Equal(node, Assert.Single(await cluster.NodesAsync(), seen => seen.Spec.Drain is null).Metadata.Name);

        await ChangeAsync(cluster, """{"exposure":{"portRange":{"max":42001}}}""");
        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != node, "has moved once there is a port");
    }

    [Fact]
    public async Task Pool_DeletedInTheMiddle_DrainsEveryNode()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Rollout = Migrate });
        cluster.Kubelet.Paused = true;
        await ChangeAsync(cluster, """{"version":"2.0"}""");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 3, "an extra node is created");

        await cluster.Client.DeleteAsync<SfuPool>(Pool, default);

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0, "no node remains");
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<SfuPool>(Pool, default) is null, "the pool is deleted");
    }

    private static Task<SfuPool> ChangeAsync(TestCluster cluster, string spec) =>
        cluster.Client.MergePatchAsync<SfuPool>(Pool, new JsonObject { ["spec"] = JsonNode.Parse(spec) }, default);

    /// <summary>Lets the kubelet see Pods again that it ignored.</summary>
    private static async Task TouchPodsAsync(TestCluster cluster)
    {
        foreach (var pod in (await cluster.Client.ListAsync<Kube.Core.Pod>("meet-a", null, default)).Items)
        {
            await cluster.Client.MergePatchAsync<Kube.Core.Pod>(pod.Metadata.NamespacedName, JsonNode.Parse("""{"metadata":{"annotations":{"test/touched":"yes"}}}""")!, default);
        }
    }

    private static async Task<HashSet<string>> NamesAsync(TestCluster cluster) => [.. (await cluster.NodesAsync()).Select(node => node.Metadata.Name!)];

    private static async Task<SfuRolloutStatus> RolloutAsync(TestCluster cluster) => (await cluster.PoolAsync("p")).Status?.Rollout ?? new SfuRolloutStatus();

    private static async Task<string?> UpdatedReasonAsync(TestCluster cluster) => Conditions.Get((await cluster.PoolAsync("p")).Status?.Conditions, "Updated")?.Reason;

    /// <summary>A meeting with two participants. Returns its ID and its media node.</summary>
    private static async Task<(string Id, string Node)> StartMeetingAsync(TestCluster cluster)
    {
        await cluster.CreateMeetingAsync("standup");
        var status = (await cluster.WaitForReadyAsync("standup")).Status!;
        var node = Assert.Single(status.Assignments).SfuNode;
        cluster.Kubelet.Node(node).SetParticipants(status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 2, "has two participants");
        return (status.MeetingId!, node);
    }

    /// <summary>The largest number of SfuNodes that existed at the same time.</summary>
    private sealed class MostNodes : IAsyncDisposable
    {
        private readonly HashSet<string> _present = [];
        private readonly List<string> _changes = [];
        private readonly CancellationTokenSource _stop = new();
        private readonly Informer<SfuNode> _nodes;
        private readonly Task _running;
        private int _count;

        private MostNodes(TestCluster cluster)
        {
            _nodes = new Informer<SfuNode>(cluster.Client);
            _nodes.OnChange(change =>
            {
                lock (_present)
                {
                    _ = change.New is null ? _present.Remove(change.Key.Name) : _present.Add(change.Key.Name);
                    _count = Math.Max(_count, _present.Count);
                    _changes.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {change.Type} {change.Key.Name} drain: {change.New?.Spec.Drain?.Reason}, state: {change.New?.Status?.State}");
                }
            });
            _running = _nodes.RunAsync(_stop.Token);
        }

        public int Count
        {
            get
            {
                lock (_present)
                {
                    return _count;
                }
            }
        }

        public void AssertEquals(int expected)
        {
            lock (_present)
            {
                Assert.True(_count == expected, $"{_count} media nodes existed at the same time, not {expected}:\n{string.Join('\n', _changes)}");
            }
        }

        public static MostNodes Watch(TestCluster cluster) => new(cluster);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }
}
