using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class RoomChangeTests
{
    [Theory]
    [InlineData("internal")]
    [InlineData("stale-term")]
    public async Task Room_ChangeRejected_StaysAndIsRetried(string code)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup", new MeetingSpec { MaxParticipants = 40 });
        var before = (await cluster.WaitForReadyAsync("standup")).Status!;
        var node = cluster.Kubelet.Nodes.Single(each => each.Name == before.Assignments[0].SfuNode);
        node.SetParticipants(before.MeetingId!, 3);
        node.RoomCreationError = code;

        var edited = await cluster.Client.MergePatchAsync<Meeting>(new("meet-a", "standup"), JsonNode.Parse("""{"spec":{"maxParticipants":60}}""")!, default);
        await cluster.EventuallyAsync(() => Task.FromResult(node.RejectedMakes >= 3), "the change was rejected and retried");
        var during = (await cluster.TryMeetingAsync("standup"))!;
        Assert.True(during.IsReady());
        Assert.NotEqual(edited.Metadata.Generation, during.Status!.ObservedGeneration);
        node.RoomCreationError = null;
        var after = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.ObservedGeneration == edited.Metadata.Generation && seen.Status.Participants == 3, "has applied the change");

        Assert.Equal((node.Name, before.Assignments[0].Generation), (after.Status!.Assignments[0].SfuNode, after.Status.Assignments[0].Generation));
        Assert.Equal(60, node.Read(before.MeetingId!, room => room.Spec.MaxParticipants));
    }

    [Fact]
    public async Task Node_HigherTerm_MeetingWaits()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = cluster.Kubelet.Nodes.Single();
        node.RoomCreationError = "stale-term";

        await cluster.CreateMeetingAsync("standup");
        await cluster.EventuallyAsync(() => Task.FromResult(node.RejectedMakes >= 2), "the room was rejected and retried");
        node.RoomCreationError = null;
        var ready = await cluster.WaitForReadyAsync("standup");

        Assert.Equal(1, ready.Status!.Assignments[0].Generation);
    }
}
