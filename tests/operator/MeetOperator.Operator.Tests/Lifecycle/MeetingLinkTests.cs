using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>The link of a meeting exists while the meeting is on two media nodes, and no longer.</summary>
public sealed class MeetingLinkTests
{
    private static readonly NamespacedName Key = new("meet-a", "standup");

    [Fact]
    public async Task Drain_MeetingOnTwoNodes_LinksThemUntilTheFirstIsLeft()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (id, first, second) = await StartMoveAsync(cluster);

        var link = Assert.Single(first.Rooms()[id].Links);
        Assert.Equal((LinkEndState.Up, $"meet-a/{second.Name}", (ushort?)1), (link.State, link.Peer, link.Epoch));
        Assert.Equal([second.MediaAddress], Assert.Single(first.AllLinks).Addresses);

        second.SetParticipants(id, 2);
        first.SetParticipants(id, 0);
        await cluster.WaitForMeetingAsync(Key.Name, seen => seen.Status!.Assignments is [var only] && only.SfuNode == second.Name, "has left the first node");

        await cluster.EventuallyAsync(() => Task.FromResult(second.AllLinks.Count == 0), "the link is closed");
        Assert.Equal(1, second.LinkPuts);
    }

    [Fact]
    public async Task Delete_MeetingOnTwoNodes_RemovesItsLinks()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (_, first, second) = await StartMoveAsync(cluster);

        await cluster.Client.DeleteAsync<Meeting>(Key, default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync(Key.Name) is null, "the meeting is deleted");

        Assert.Empty(first.AllLinks);
        Assert.Empty(second.AllLinks);
    }

    [Theory]
    [InlineData(true, 20_000)]
    [InlineData(false, null)]
    public async Task Pool_MaxLinkKbps_IsTheLimitOfNodesThatKnowIt(bool limitsLinks, int? expected)
    {
        await using var cluster = await TestCluster.StartAsync();
        var (_, first, second) = await StartMoveAsync(cluster, TestCluster.Pool() with { Capacity = new SfuCapacity { MaxLinkKbps = 20_000 } }, limitsLinks);

        Assert.Equal([expected, expected], first.AllLinks.Concat(second.AllLinks).Select(link => link.MaxKbps));
    }

    /// <summary>A meeting with participants on a drained node, and a second node that is linked and ready.</summary>
    private static async Task<(string Id, SimulatedMediaNode First, SimulatedMediaNode Second)> StartMoveAsync(TestCluster cluster, SfuPoolSpec? pool = null, bool limitsLinks = true)
    {
        await cluster.WithTenantAsync(replicas: 2, pool: pool);
        foreach (var node in cluster.Kubelet.Nodes)
        {
            (node.AnnouncesLinks, node.LimitsLinks) = (true, limitsLinks);
        }

        await cluster.CreateMeetingAsync(Key.Name);
        var placed = (await cluster.WaitForReadyAsync(Key.Name)).Status!;
        var first = cluster.Kubelet.Node(placed.Assignments[0].SfuNode);
        first.SetParticipants(placed.MeetingId!, 2);
        await cluster.WaitForMeetingAsync(Key.Name, seen => seen.Status!.Participants == 2, "has participants");
        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", first.Name), JsonNode.Parse("""{"spec":{"drain":{"deadlineSeconds":0,"reason":"test"}}}""")!, default);
        var moving = await cluster.WaitForMeetingAsync(Key.Name, seen => seen.Status!.Assignments is [{ State: AssignmentState.Ready }, { State: AssignmentState.Leaving }], "is on both nodes");
        return (placed.MeetingId!, first, cluster.Kubelet.Node(moving.Status!.Assignments[0].SfuNode));
    }
}
