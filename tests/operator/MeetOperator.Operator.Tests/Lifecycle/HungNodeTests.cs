using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class HungNodeTests
{
    private const int Hung = 50;
    private const int Others = 10;

    [Fact]
    public async Task Node_Hung_DelaysOnlyItsOwnMeetings()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { MeetingConcurrency = 4 });
        await cluster.WithTenantAsync();
        for (var number = 0; number < Hung; number++)
        {
            await cluster.CreateMeetingAsync($"hung{number}");
        }

        for (var number = 0; number < Hung; number++)
        {
            await cluster.WaitForReadyAsync($"hung{number}");
        }

        // The node responds to polls and stays in service, but requests to end a room hang until they time out.
        var node = Assert.Single(cluster.Kubelet.Nodes);
        node.HangsOnRooms = true;
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).Status?.ReadyReplicas == 1, "another node is ready");
        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", node.Name), JsonNode.Parse("""{"spec":{"unschedulable":true}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single(seen => seen.Metadata.Name == node.Name).Status!.Conditions.Ready()!.Reason == "Cordoned", "new meetings go to the other node");
        for (var number = 0; number < Hung; number++)
        {
            await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", $"hung{number}"), default);
        }

        for (var number = 0; number < Others; number++)
        {
            await cluster.CreateMeetingAsync($"other{number}");
            await cluster.WaitForReadyAsync($"other{number}");
        }

        // At most one worker waits for the hung node. With all four, the ten meetings would take minutes and hundreds of calls would pile up.
        Assert.InRange(node.HeldRoomCalls, 1, 40);
        Assert.Equal(Hung, node.Rooms().Count);
        node.HangsOnRooms = false;
        await cluster.EventuallyAsync(() => Task.FromResult(node.Rooms().Count == 0), "the rooms end once the node responds again");
    }

    [Fact]
    public async Task Meeting_ParticipantJoinedSincePoll_IsNotEnded()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var room = (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!;
        var node = Assert.Single(cluster.Kubelet.Nodes);
        using var http = await cluster.NodeHttpAsync(node);
        var empty = System.Text.Json.JsonSerializer.Serialize(await node.Client(http).GetNodeAsync(default), NodeControl.NodeControlJson.Options);

        // Polls return the room without the new participants.
        node.ReportBody = _ => empty;
        node.SetParticipants(room, 2);
        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"lifecycle":{"emptyTimeoutSeconds":2}}}""")!, default);

        await cluster.EventuallyAsync(() => Task.FromResult(node.RejectedEnds > 0), "the operator has tried to end the empty meeting");
        node.ReportBody = _ => null;
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { Phase: MeetingPhase.Active, Participants: 2 }, "has participants");
    }

    [Fact]
    public async Task Meeting_StatusLost_StaysOnNodeWithHigherGeneration()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = (await cluster.WaitForReadyAsync("standup")).Status!;
        var (room, node) = (before.MeetingId!, cluster.Kubelet.Node(before.Assignments[0].SfuNode));
        node.SetParticipants(room, 3);
        await cluster.StopOperatorAsync("operator-1");
        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), new JsonObject { ["status"] = null }, default, new WriteOptions { Subresource = "status" });

        await cluster.StartOperatorAsync("operator-2");

        var after = (await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Participants == 3, "continues")).Status!;
        Assert.Equal((before.Assignments[0].SfuNode, before.Assignments[0].Generation + 1), (after.Assignments[0].SfuNode, after.Assignments[0].Generation));
        Assert.Equal((3, after.Assignments[0].Generation), (node.Rooms()[room].Participants, node.Rooms()[room].Generation));
        Assert.Equal(1, cluster.Kubelet.Nodes.Sum(each => each.Rooms().Count));
    }
}
