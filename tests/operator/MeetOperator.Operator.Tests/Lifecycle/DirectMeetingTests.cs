using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>
/// Two people talk directly, and their media node forwards nothing. They stay connected to it, so it keeps their place for the next one who joins.
/// </summary>
public sealed class DirectMeetingTests
{
    private static readonly NamespacedName Standup = new("meet-a", "standup");

    [Fact]
    public async Task Meeting_TalksDirectly_KeepsItsPlace()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        var id = (await cluster.TryMeetingAsync("standup"))!.Status!.MeetingId!;
        var node = cluster.Kubelet.Node(before.SfuNode);
        node.SetParticipants(id, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 2, "has two participants");

        // As signaling writes it. From now on, an empty meeting would end after a second, as another one does meanwhile.
        await cluster.Client.MergePatchAsync<Meeting>(Standup, JsonNode.Parse("""{"status":{"topology":"P2P"}}""")!, default, new WriteOptions { Subresource = "status" });
        await cluster.Client.MergePatchAsync<Meeting>(Standup, JsonNode.Parse("""{"spec":{"lifecycle":{"emptyTimeoutSeconds":1}}}""")!, default);
        await cluster.CreateMeetingAsync("empty", new MeetingSpec { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 1 } });
        await cluster.WaitForMeetingAsync("empty", seen => seen.Status?.EndReason == "Empty", "has ended");

        var direct = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.ObservedGeneration == seen.Metadata.Generation, "is observed");
        Assert.Equal((MeetingPhase.Active, MediaTopology.P2P, null), (direct.Status!.Phase, direct.Status.Topology, direct.Status.EndedAt));
        Assert.Equal(before with { Participants = 2 }, Assert.Single(direct.Status.Assignments));
        Assert.Equal(2, node.Rooms()[id].Participants);

        node.SetParticipants(id, 3);
        var joined = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 3, "has a third participant");
        Assert.Equal(before with { Participants = 3 }, Assert.Single(joined.Status!.Assignments));
    }
}
