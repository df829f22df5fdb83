using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A meeting uses several media nodes that take 100 participants each.</summary>
public sealed class MeetingSpanTests
{
    private const string Name = "town-hall";

    [Fact]
    public async Task Participants_GrowAndLeave_UsesFiveNodesAndShrinks()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var time = new SkippableTime();
        var span = await Span.StartAsync(cluster, time, nodes: 5);

        for (var count = 2; count <= 5; count++)
        {
            span.FillTo(80);
            await span.WaitAsync(seen => seen.Assignments.Count == count && IsAllReady(seen), $"uses {count} nodes");
        }

        span.FillTo(100);
        var full = await span.WaitAsync(seen => seen.Participants == 500 && seen.Assignments.All(node => node.FreePlaces == 0), "has 500 participants");
        Assert.Single(full.Assignments, node => node.Role == AssignmentRole.Origin);
        Assert.Equal(5, full.SfuCount);

        span.FillTo(5);
        await span.WaitAsync(seen => seen.Participants == 25, "has 25 participants");
        time.Skip(TimeSpan.FromSeconds(61));
        for (var left = 0; left < 4; left++)
        {
            var status = await span.WaitAsync(seen => seen.Assignments.Any(node => node is { State: AssignmentState.Leaving, Participants: > 0 }), "leaves a node");
            var leaving = status.Assignments.Single(node => node is { State: AssignmentState.Leaving, Participants: > 0 });
            Assert.Equal(AssignmentRole.Edge, leaving.Role);
            span.Move(leaving.SfuNode, status);
            await span.WaitAsync(seen => seen.Assignments.All(node => node.SfuNode != leaving.SfuNode), $"has left {leaving.SfuNode}");
        }

        await span.WaitAsync(seen => seen is { Assignments: [_], Participants: 25 }, "is on one node with all 25 participants");
        var events = (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Where(seen => seen.InvolvedObject.Name == Name).Select(seen => seen.Message!).ToList();
        Assert.Contains(events, message => message.Contains("80 of 100 places are taken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Drain_EdgeAndLeaderChanges_ParticipantsGoToOtherNodes()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var span = await Span.StartAsync(cluster, TimeProvider.System, nodes: 3);
        span.FillTo(80);
        var grown = await span.WaitAsync(seen => seen.Assignments.Count == 2 && IsAllReady(seen), "uses two nodes");
        var edge = grown.Assignments.Single(node => node.Role == AssignmentRole.Edge);
        cluster.Kubelet.Node(edge.SfuNode).SetParticipants(span.Id, 40);
        await span.WaitAsync(seen => seen.Participants == 120, "has 120 participants");

        cluster.Kubelet.Paused = true;
        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", edge.SfuNode), JsonNode.Parse("""{"spec":{"drain":{"deadlineSeconds":0,"reason":"test"}}}""")!, default);
        await cluster.StopOperatorAsync("operator-1");
        await cluster.StartOperatorAsync("operator-2");

        var replaced = await span.WaitAsync(seen => seen.Assignments.Count == 3 && seen.Assignments.Single(node => node.SfuNode == edge.SfuNode).State == AssignmentState.Leaving, "leaves the drained node");
        Assert.Equal(grown.Assignments[0].SfuNode, replaced.Assignments.Single(node => node.Role == AssignmentRole.Origin).SfuNode);
        span.Move(edge.SfuNode, replaced);
        var left = await span.WaitAsync(seen => seen.Assignments.Count == 2 && IsAllReady(seen) && seen.Participants == 120, "has left it with all 120 participants");
        Assert.True(left.Assignments.All(node => node.Participants <= 100));
    }

    [Fact]
    public async Task Participants_MaxNodesIsOne_StaysOnOneNode()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var span = await Span.StartAsync(cluster, TimeProvider.System, nodes: 2, new MeetingScale { MaxNodes = 1 });

        span.FillTo(100);
        var full = await span.WaitAsync(seen => seen.Participants == 100, "has 100 participants");
        Assert.Null(Assert.Single(full.Assignments).FreePlaces); // With one node there is no choice.

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", Name), JsonNode.Parse("""{"spec":{"scale":{"maxNodes":2}}}""")!, default);
        await span.WaitAsync(seen => seen.Assignments.Count == 2 && IsAllReady(seen), "uses two nodes");
    }

    [Fact]
    public async Task Participants_OnlyNodeIsFullAndPoolIsAdded_UsesNewNode()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var span = await Span.StartAsync(cluster, TimeProvider.System, nodes: 1);
        span.FillTo(100);
        await span.WaitAsync(seen => seen.Participants == 100, "has 100 participants");

        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Kubelet.Nodes.Count == 2), "the new node runs");
        cluster.Kubelet.Nodes.Single(node => node.Name.StartsWith("q-", StringComparison.Ordinal)).AnnouncesLinks = true;

        await span.WaitAsync(seen => seen.Assignments.Count == 2 && IsAllReady(seen), "uses two nodes");
    }

    private static bool IsAllReady(MeetingStatus status) => status.Assignments.All(node => node.State == AssignmentState.Ready);

    private sealed record Span(TestCluster Cluster, string Id)
    {
        public static async Task<Span> StartAsync(TestCluster cluster, TimeProvider time, int nodes, MeetingScale? scale = null)
        {
            await cluster.StartOperatorAsync("operator-1", change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(20) }, time: time);
            await cluster.WithTenantAsync(replicas: nodes, pool: TestCluster.Pool() with { Capacity = new SfuCapacity { MaxParticipants = 100 } });
            foreach (var node in cluster.Kubelet.Nodes)
            {
                node.AnnouncesLinks = true;
            }

            await cluster.CreateMeetingAsync(Name, new MeetingSpec { MaxParticipants = 500, Scale = scale ?? new MeetingScale() });
            return new Span(cluster, (await cluster.WaitForReadyAsync(Name)).Status!.MeetingId!);
        }

        /// <summary>Sets the number of participants on each node that has the meeting's room.</summary>
        public void FillTo(int participants)
        {
            foreach (var node in WithRoom())
            {
                node.SetParticipants(Id, participants);
            }
        }

        /// <summary>The participants of a node go to others that are Ready and have places.</summary>
        public void Move(string name, MeetingStatus status)
        {
            var from = Cluster.Kubelet.Node(name);
            var count = from.Rooms()[Id].Participants;
            foreach (var node in status.Assignments.Where(node => node.State == AssignmentState.Ready).Select(node => Cluster.Kubelet.Node(node.SfuNode)))
            {
                var present = node.Rooms()[Id].Participants;
                var moved = Math.Min(count, 100 - present);
                node.SetParticipants(Id, present + moved);
                count -= moved;
            }

            from.SetParticipants(Id, 0);
        }

        public async Task<MeetingStatus> WaitAsync(Func<MeetingStatus, bool> condition, string what) =>
            (await Cluster.WaitForMeetingAsync(Name, seen => seen.Status is { } status && condition(status), what)).Status!;

        private List<SimulatedMediaNode> WithRoom() => [.. Cluster.Kubelet.Nodes.Where(node => node.Rooms().ContainsKey(Id))];
    }
}
