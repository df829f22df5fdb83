using System.Net;
using System.Net.Http.Json;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

public sealed class HostTests(HostTests.Server server) : IClassFixture<HostTests.Server>
{
    public sealed class Server : ServerFixture;

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Remove_ConnectedParticipant_ClosesSocketAndInvalidatesTicket()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");

        var response = await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await bob.ExpectAsync("removed");
        Assert.Equal(CloseCode.Rejected, await bob.ExpectCloseAsync());
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == bob.Id))["reason"]);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the participant is removed from the node");
        await Assert.ThrowsAnyAsync<Exception>(() => TestClient.OpenByTicketAsync(bob.Join, Signaling.Address));
        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Bob", ticket = bob.Join.Ticket }), HttpStatusCode.Forbidden, "forbidden");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages", bearer: bob.Join.Ticket), HttpStatusCode.Forbidden, "forbidden");
        Assert.Single(ann.OfType("participant-left"));
    }

    [Fact]
    public async Task Mute_ByHost_LastsUntilParticipantUnmutes()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the participant is on the node");

        var response = await Signaling.SendAsync(
            HttpMethod.Post, $"meetings/{meeting.MeetingId}/participants/{bob.Id}/mute", new { mediaType = "audio" }, meeting.HostToken);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        foreach (var client in new[] { ann, bob })
        {
            var update = await client.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id);
            Assert.Equal((false, true), ((bool)update["audio"]!, (bool)update["video"]!));
        }

        Assert.True(server.Node.Read(meeting.MeetingId, r => r.Participants[bob.Id].IsMuted("microphone")));
        await bob.SendAsync(new { type = "unmute", mediaType = "audio" });
        await ann.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id && (bool)m["audio"]!);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants[bob.Id].IsMuted("microphone")), "the node forwards again");
    }

    [Fact]
    public async Task Unmute_AfterHostMuteAndOwnMute_ForwardsAudioAgain()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the participant is on the node");
        await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/participants/{bob.Id}/mute", new { mediaType = "audio" }, meeting.HostToken);
        await bob.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id && !(bool)m["audio"]!);

        await bob.SendAsync(new { type = "mute", mediaType = "audio" });
        await bob.SendAsync(new { type = "unmute", mediaType = "audio" });

        await ann.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id && (bool)m["audio"]!);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants[bob.Id].IsMuted("microphone")), "the node forwards again");
    }

    [Fact]
    public async Task Mute_WithReference_IsAnsweredAfterAllOlderUpdates()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");

        await bob.SendAsync(new { type = "mute", mediaType = "audio", reference = "mute-1" });
        await bob.SendAsync(new { type = "unmute", mediaType = "audio", reference = "mute-2" });
        await bob.SendAsync(new { type = "mute", mediaType = "video", reference = "mute-3" });
        await bob.ExpectAsync("media-update", m => (string?)m["reference"] == "mute-3");
        await ann.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id && !(bool)m["video"]!);

        var updates = bob.OfType("media-update").ToList();
        Assert.Equal(
            [("mute-1", false, true), ("mute-2", true, true), ("mute-3", true, false)],
            updates.Where(m => m["reference"] is not null).Select(m => ((string)m["reference"]!, (bool)m["audio"]!, (bool)m["video"]!)));
        var unmuted = updates.FindIndex(m => (string?)m["reference"] == "mute-2");
        Assert.DoesNotContain(updates.Skip(unmuted), m => !(bool)m["audio"]!);
        Assert.DoesNotContain(ann.OfType("media-update"), m => m["reference"] is not null);
    }

    [Fact]
    public async Task HostActions_WithoutHostTokenOfMeeting_ReturnUnauthorizedOrForbidden()
    {
        var meeting = await Signaling.CreateAsync();
        var other = await Signaling.CreateAsync();
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        (HttpMethod Method, string Path)[] actions =
        [
            (HttpMethod.Delete, $"meetings/{meeting.MeetingId}"),
            (HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}"),
            (HttpMethod.Post, $"meetings/{meeting.MeetingId}/participants/{bob.Id}/mute"),
        ];
        foreach (var (method, path) in actions)
        {
            var body = method == HttpMethod.Post ? new { mediaType = "audio" } : null;
            await Problem.IsAsync(await Signaling.SendAsync(method, path, body), HttpStatusCode.Unauthorized, "unauthorized");
            await Problem.IsAsync(await Signaling.SendAsync(method, path, body, "nonsense"), HttpStatusCode.Unauthorized, "unauthorized");
            await Problem.IsAsync(await Signaling.SendAsync(method, path, body, other.HostToken), HttpStatusCode.Forbidden, "forbidden");
            await Problem.IsAsync(await Signaling.SendAsync(method, path, body, bob.Join.Ticket), HttpStatusCode.Forbidden, "forbidden");
        }

        Assert.False(bob.Closed.IsCompleted);
    }

    [Fact]
    public async Task HostActions_UnknownParticipant_ReturnNotFound()
    {
        var meeting = await Signaling.CreateAsync();
        var path = $"meetings/{meeting.MeetingId}/participants/{Guid.NewGuid()}";
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Delete, path, bearer: meeting.HostToken), HttpStatusCode.NotFound, "unknown-participant");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Post, path + "/mute", new { mediaType = "audio" }, meeting.HostToken), HttpStatusCode.NotFound, "unknown-participant");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Post, path + "/mute", new { mediaType = "smell" }, meeting.HostToken), HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task End_IdUsedByTwoTenants_EndsMeetingOfToken()
    {
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.AddTenantAsync("globex", "meet-globex");
        await server.Cluster.ApplyMeetingAsync(id, @namespace: "meet-globex", tenant: "globex");
        await server.Cluster.ApplyMeetingAsync(id);
        var token = Signaling.Service<Tokens>().Issue(TokenKind.Host, new TokenSubject { Tenant = TestCluster.Tenant, MeetingId = id }, TimeSpan.FromMinutes(5));

        Assert.Equal(HttpStatusCode.OK, (await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{id}", bearer: token)).StatusCode);

        Assert.Equal(MeetingDesiredState.Ended, (await DesiredAsync(TestCluster.Namespace)));
        Assert.NotEqual(MeetingDesiredState.Ended, (await DesiredAsync("meet-globex")));

        async Task<MeetingDesiredState> DesiredAsync(string @namespace) =>
            (await server.Cluster.Client.TryGetAsync<Meeting>(new NamespacedName(@namespace, id), default))!.Spec.DesiredState;
    }

    [Fact]
    public async Task End_WithParticipants_NotifiesAndClosesAllSockets()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal("ended", (string?)(await client.ExpectAsync("meeting-ended"))["reason"]);
            Assert.Equal(CloseCode.Normal, await client.ExpectCloseAsync());
            Assert.Empty(client.OfType("participant-left"));
        }
    }

    [Fact]
    public async Task Messages_VariousCredentials_RequireTicket()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        foreach (var line in new[] { "one", "two", "three" })
        {
            await ann.SendAsync(new { type = "chat", message = line });
        }

        await ann.ExpectAsync("chat", m => (string?)m["message"] == "three");
        var all = await MessagesAsync(string.Empty);
        Assert.Equal(["one", "two", "three"], all.Select(m => m.Message));
        Assert.Equal(["three"], (await MessagesAsync($"?after={all[1].MessageId}")).Select(m => m.Message));
        Assert.All(all, m => Assert.Equal((ann.Id, "Ann"), (m.From, m.DisplayName)));
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages?after=x", bearer: ann.Join.Ticket), HttpStatusCode.BadRequest, "invalid-request");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages"), HttpStatusCode.Unauthorized, "unauthorized");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages", bearer: meeting.HostToken), HttpStatusCode.Forbidden, "forbidden");

        async Task<IReadOnlyList<MessageResponse>> MessagesAsync(string query)
        {
            var response = await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages{query}", bearer: ann.Join.Ticket);
            return (await response.Content.ReadFromJsonAsync<MessagesResponse>())!.Messages;
        }
    }
}
