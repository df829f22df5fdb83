using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A meeting of availability class Critical. Pool p is in zone z1, q on another cluster node there, and r in zone z2.</summary>
public sealed class StandbyTests
{
    private const string Name = "board";
    private static readonly MeetingSpec Critical = new() { Placement = new MeetingPlacement { AvailabilityClass = AvailabilityClass.Critical } };

    [Fact]
    public async Task Origin_Killed_StandbyTakesOverAndAnotherOneIsPrepared()
    {
        await using var cluster = await StartAsync(("p", "z1"), ("q", "z1"), ("r", "z2"));
        await cluster.CreateMeetingAsync(Name, Critical);
        var ready = await WaitAsync(cluster, HasStandbyInOtherZone, "has a standby in the other zone");
        var (origin, standby) = (ready.Assignments[0], ready.Assignments[1]);
        Assert.Equal(1, ready.SfuCount);
        cluster.Kubelet.Node(origin.SfuNode).SetParticipants(ready.MeetingId!, 2);
        await WaitAsync(cluster, status => status.Participants == 2, "has participants");

        await cluster.Kubelet.KillAsync(origin.SfuNode);

        var moved = await WaitAsync(cluster, status => status.Assignments.All(node => node.SfuNode != origin.SfuNode) && HasStandby(status), "has a new standby");
        Assert.Equal((standby.SfuNode, AssignmentRole.Origin, standby.Generation), (moved.Assignments[0].SfuNode, moved.Assignments[0].Role, moved.Assignments[0].Generation));
        Assert.Single(moved.Assignments, node => node.Role == AssignmentRole.Standby);
        var events = (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Where(seen => seen.InvolvedObject.Name == Name).Select(seen => $"{seen.Reason}: {seen.Message}").ToList();
        Assert.Contains(events, text => text.Contains($"prepares {standby.SfuNode} as the standby", StringComparison.Ordinal));
        Assert.Contains(events, text => text.StartsWith($"Moved: moved to {standby.SfuNode}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Leader_Changes_StandbyStays()
    {
        await using var cluster = await StartAsync(("p", "z1"), ("r", "z2"));
        await cluster.CreateMeetingAsync(Name, Critical);
        var before = await WaitAsync(cluster, status => HasStandby(status), "has a standby");

        await cluster.StopOperatorAsync("operator-1");
        await cluster.StartOperatorAsync("operator-2");

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", Name), JsonNode.Parse("""{"spec":{"title":"renamed"}}""")!, default);
        var after = await WaitAsync(cluster, status => status.ObservedGeneration > before.ObservedGeneration && HasStandby(status), "is handled by the next leader");
        Assert.Equal(Nodes(before), Nodes(after));
    }

    [Fact]
    public async Task Standby_ParticipantsMovedThere_KeepsThem()
    {
        await using var cluster = await StartAsync(("p", "z1"), ("q", "z1"), ("r", "z2"));
        await cluster.CreateMeetingAsync(Name, Critical);
        var before = await WaitAsync(cluster, HasStandbyInOtherZone, "has a standby in the other zone");
        var standby = StandbyOf(before)!;

        cluster.Kubelet.Node(standby).SetParticipants(before.MeetingId!, 2);

        await WaitAsync(cluster, status => status.Participants == 2 && StandbyOf(status) == standby, "has participants, and the same standby");
        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", Name), JsonNode.Parse("""{"spec":{"placement":{"availabilityClass":"Standard"}}}""")!, default);
        await WaitAsync(cluster, status => status.Assignments.Any(node => node.SfuNode == standby && node is { Role: AssignmentRole.Edge, State: AssignmentState.Ready }), "still uses the former standby");
    }

    [Fact]
    public async Task Class_ChangesAndNothingElseCanBeTheStandby_ConditionSaysSo()
    {
        await using var cluster = await StartAsync(("p", "z1"));
        await cluster.CreateMeetingAsync(Name, Critical);

        await WaitAsync(cluster, status => Conditions.Get(status.Conditions, MeetConditions.StandbyReady) is { Status: ConditionStatus.False, Reason: "NoCapacity" }, "says that it has no standby");

        await AddPoolAsync(cluster, "q", "z1", 1);
        await WaitAsync(cluster, status => HasStandby(status), "has a standby");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Status?.Zone == "z1"), "the statuses of the media nodes have the zone");

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", Name), JsonNode.Parse("""{"spec":{"placement":{"availabilityClass":"Standard"}}}""")!, default);
        await WaitAsync(cluster, status => status.Assignments.Count == 1 && Conditions.Get(status.Conditions, MeetConditions.StandbyReady) is null, "has no standby");
    }

    [Fact]
    public async Task Standby_Drained_IsReplacedAndDoesNotBlock()
    {
        await using var cluster = await StartAsync(("p", "z1"), ("q", "z1"), ("r", "z2"));
        await cluster.CreateMeetingAsync(Name, Critical);
        var before = await WaitAsync(cluster, HasStandbyInOtherZone, "has a standby in the other zone");
        var standby = StandbyOf(before);
        cluster.Kubelet.Paused = true;

        await cluster.Client.MergePatchAsync<SfuNode>(
            new NamespacedName("meet-a", standby!), JsonNode.Parse("""{"spec":{"drain":{"deadlineSeconds":0,"reason":"test"}}}""")!, default);

        var after = await WaitAsync(cluster, status => HasStandby(status) && StandbyOf(status) != standby, "has another standby");
        Assert.Equal(before.Assignments[0], after.Assignments[0] with { Participants = 0, Sessions = before.Assignments[0].Sessions, FreePlaces = before.Assignments[0].FreePlaces });
    }

    private static string? StandbyOf(MeetingStatus status) => status.Assignments.SingleOrDefault(node => node is { Role: AssignmentRole.Standby, State: AssignmentState.Ready })?.SfuNode;

    private static bool HasStandby(MeetingStatus status) => StandbyOf(status) is not null && Conditions.IsTrue(status.Conditions, MeetConditions.StandbyReady);

    private static bool HasStandbyInOtherZone(MeetingStatus status) => HasStandby(status) && (StandbyOf(status)![0] == 'r') != (status.Assignments[0].SfuNode[0] == 'r');

    private static (string, AssignmentRole?, long)[] Nodes(MeetingStatus status) => [.. status.Assignments.Select(node => (node.SfuNode, node.Role, node.Generation))];

    private static async Task<TestCluster> StartAsync(params (string Pool, string Zone)[] pools)
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");
        for (var index = 0; index < pools.Length; index++)
        {
            await AddPoolAsync(cluster, pools[index].Pool, pools[index].Zone, index);
        }

        return cluster;
    }

    /// <summary>Adds a pool with one media node on a cluster node of its own.</summary>
    private static async Task AddPoolAsync(TestCluster cluster, string pool, string zone, int index)
    {
        (cluster.Kubelet.Schedules, cluster.Kubelet.ClusterNode) = (true, $"machine-{pool}");
        await cluster.Client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = $"machine-{pool}", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = zone } } }, default);
        await cluster.CreatePoolAsync(pool, TestCluster.Pool(42000 + (1000 * index)) with { Replicas = 1 });
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Any(node => node.Spec.PoolRef.Name == pool && node.Status?.State == SfuNodeState.Ready), $"the media node of {pool} is ready");
        var node = cluster.Kubelet.Nodes.Single(node => node.Name.StartsWith($"{pool}-", StringComparison.Ordinal));
        node.AnnouncesLinks = true;
        var requests = node.Requests;
        await cluster.EventuallyAsync(() => Task.FromResult(node.Requests >= requests + 2), "the operator has read that the node knows links");
    }

    private static async Task<MeetingStatus> WaitAsync(TestCluster cluster, Func<MeetingStatus, bool> condition, string what) =>
        (await cluster.WaitForMeetingAsync(Name, seen => seen.Status is { } status && condition(status), what)).Status!;
}
