using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;
using static MeetOperator.Signaling.Tests.Harness.DirectClients;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>The members of a meeting with mode P2P are in its room on a media node, without sessions, so that the operator counts them.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class DirectPlacesTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    private protected override SignalingTimings Change(SignalingTimings timings) =>
        timings with { TickInterval = TimeSpan.FromMilliseconds(200), RefreshInterval = TimeSpan.FromMilliseconds(400) };

    [Fact]
    public async Task Members_OnBothReplicas_AreInTheRoomUntilTheyLeave()
    {
        var meeting = await CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann", region: "eu-west");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");

        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        node.RemoveParticipant(meeting.MeetingId, ann.Id);
        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        await LeaveAsync(ann);
        await ExpectPlacesAsync(node, meeting, bob.Id);

        await LeaveAsync(bob);
        await ExpectPlacesAsync(node, meeting);
        AssertUndisturbed(ann, bob);
    }

    /// <summary>The place of somebody whose socket is lost stays, and the replica that the participant returns to keeps it.</summary>
    [Fact]
    public async Task Member_ReturnsToOtherReplica_KeepsThePlaceAndGivesItUpThere()
    {
        var meeting = await CreateAsync();
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        ann.Abort();
        await using var again = await TestClient.OpenByTicketAsync(ann.Join, b.Address);
        await JoinAsync(again);
        node.RemoveParticipant(meeting.MeetingId, ann.Id);
        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        await LeaveAsync(again);
        await ExpectPlacesAsync(node, meeting, bob.Id);
    }

    [Fact]
    public async Task Member_RemovedByHost_LosesThePlace()
    {
        var meeting = await CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        (await a.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken)).EnsureSuccessStatusCode();

        Assert.Equal(CloseCode.Rejected, await bob.ExpectCloseAsync());
        await ExpectPlacesAsync(node, meeting, ann.Id);
    }

    [Fact]
    public async Task Node_RefusesOrIsGone_DisturbsNobody()
    {
        node.MaxParticipants = 0;
        var meeting = await CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        await ReachAsync(ann, bob);

        node.MaxParticipants = int.MaxValue;
        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        await cluster.KillNodeAsync(node.Name);
        await ReachAsync(bob, ann);
        var next = await cluster.AddNodeAsync("default-bbbbb");
        await PatchAsync(meeting, "title", "placed again");

        await ExpectPlacesAsync(next, meeting, ann.Id, bob.Id);
        AssertUndisturbed(ann, bob);
    }

    /// <summary>A node that is drained must become empty, and nobody notices.</summary>
    [Fact]
    public async Task Node_IsLeft_LetsPlacesFollowAndDisturbsNobody()
    {
        var meeting = await CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await ExpectPlacesAsync(node, meeting, ann.Id, bob.Id);

        var next = await cluster.AddNodeAsync("default-bbbbb");
        await cluster.AssignAsync(meeting.MeetingId, Assigned(node, 1, AssignmentState.Leaving), Assigned(next, 2, AssignmentState.Ready));

        await ExpectPlacesAsync(next, meeting, ann.Id, bob.Id);
        await ExpectPlacesAsync(node, meeting);
        await ReachAsync(ann, bob);
        AssertUndisturbed(ann, bob);
    }

    /// <summary>The participant is the same one before and after, so the operator never counts fewer.</summary>
    [Theory]
    [InlineData(MeetingMode.Sfu, MeetingMode.P2P)]
    [InlineData(MeetingMode.P2P, MeetingMode.Sfu)]
    public async Task Mode_Changes_KeepsThePlace(MeetingMode from, MeetingMode to)
    {
        var meeting = await a.CreateAsync(new { mode = from.ToString(), maxParticipants = 2 });
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => Participants(node, meeting).Count == 1, "Ann has a place");

        await PatchAsync(meeting, "mode", to.ToString());
        Assert.Equal(CloseCode.Restart, await ann.ExpectCloseAsync());
        await using var again = await TestClient.OpenByTicketAsync(ann.Join, a.Address);
        await JoinAsync(again);
        Assert.Equal(ann.Id, Assert.Single(Participants(node, meeting)).Participant);

        if (to == MeetingMode.P2P)
        {
            foreach (var kind in new[] { "subscribe", "publish" })
            {
                node.CloseSession(meeting.MeetingId, ann.Id, kind); // as the page does when it receives everything directly
            }

            node.RemoveParticipant(meeting.MeetingId, ann.Id);
            await ExpectPlacesAsync(node, meeting, ann.Id);
        }

        await LeaveAsync(again);
        await ExpectPlacesAsync(node, meeting);
    }

    private static MeetingAssignment Assigned(SimulatedMediaNode node, long generation, AssignmentState state) =>
        new() { SfuNode = node.Name, Namespace = TestCluster.Namespace, Role = AssignmentRole.Origin, State = state, Generation = generation };

    private static IReadOnlyList<ParticipantReport> Participants(SimulatedMediaNode node, CreateMeetingResponse meeting) => node.Rooms().GetValueOrDefault(meeting.MeetingId)?.ParticipantList ?? [];

    /// <summary>Waits until exactly these participants are in the room, without sessions and regions: for people in another region, the operator would add a media node.</summary>
    private static async Task ExpectPlacesAsync(SimulatedMediaNode node, CreateMeetingResponse meeting, params string[] expected)
    {
        await Eventually.TrueAsync(
            () => Participants(node, meeting).Select(participant => participant.Participant).Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal)),
            $"{node.Name} has places for {expected.Length}");
        Assert.All(Participants(node, meeting), participant => Assert.Equal((string.Empty, false), (participant.SubscribeSession, participant.Publishing)));
        Assert.Empty(node.Rooms()[meeting.MeetingId].Regions);
    }

    /// <summary>What a direct connection needs gets through.</summary>
    private static async Task ReachAsync(TestClient from, TestClient to)
    {
        await from.SendAsync(new { type = "offer", to = to.Id, sdp = Sdp.Publish() });
        await to.ExpectAsync("offer", m => (string?)m["from"] == from.Id);
    }

    private static void AssertUndisturbed(params TestClient[] clients)
    {
        foreach (var type in new[] { "media-move", "media-restart", "error", "unreachable", "paused", "layers" })
        {
            Assert.All(clients, client => Assert.Empty(client.OfType(type)));
        }

        Assert.All(clients, client => Assert.DoesNotContain(client.OfType("offer"), m => (string?)m["from"] == "sfu"));
    }

    private static async Task LeaveAsync(TestClient client)
    {
        await client.SendAsync(new { type = "leave" });
        await client.ExpectCloseAsync();
    }

    private Task PatchAsync(CreateMeetingResponse meeting, string field, string value) => cluster.Client.MergePatchAsync<Meeting>(
        new NamespacedName(TestCluster.Namespace, meeting.MeetingId), new JsonObject { ["spec"] = new JsonObject { [field] = value } }, default);

    private Task<CreateMeetingResponse> CreateAsync() => a.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
}
