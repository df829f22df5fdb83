using System.Net;
using System.Net.Http.Json;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

public sealed class JoinTests(JoinTests.Server server) : IClassFixture<JoinTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { PlacementTimeout = TimeSpan.FromSeconds(1), CodeLifetime = TimeSpan.FromSeconds(10) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Join_OpenMeeting_ReturnsTicketUrlAndRole()
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        Assert.Equal(4, Guid.ParseExact(join.ParticipantId, "D").Version);
        Assert.StartsWith($"ws://{Signaling.Address.Authority}/meetings/{meeting.MeetingId}?code=", join.WebSocketUrl, StringComparison.Ordinal);
        Assert.Equal("participant", join.Role);
        Assert.Empty(join.IceServers);
        Assert.Equal("host", (await Signaling.JoinAsync(meeting.MeetingId, "Host", meeting.HostToken)).Role);
    }

    /// <summary>Nobody proves a user ID yet, so a join must not change what is stored about the user.</summary>
    [Fact]
    public async Task Join_UserIdOfAnotherUser_KeepsStoredUser()
    {
        var meeting = await Signaling.CreateAsync();
        foreach (var name in (string[])["Ann", "Mallory"])
        {
            var joined = await Retrying.SendAsync(() => Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = name, userId = "u-ann" }));
            Assert.Equal(HttpStatusCode.OK, joined.StatusCode);
        }

        Assert.Equal("Ann", (await new StoredRows(Signaling.Service<ISqlDatabase>()).FindUserAsync(TestCluster.Tenant, "u-ann"))?.Name);
    }

    /// <summary>Responses contain host tokens, tickets or participant names, so caches must not store them.</summary>
    [Fact]
    public async Task Responses_AnyEndpoint_SetNoStore()
    {
        var created = await Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" });
        var path = created.Headers.Location!.ToString().TrimStart('/');
        var joined = await Retrying.SendAsync(() => Signaling.SendAsync(HttpMethod.Post, $"{path}/join", new { displayName = "Ann" }));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (created.StatusCode, joined.StatusCode));
        foreach (var answer in (HttpResponseMessage[])[created, joined, await Signaling.SendAsync(HttpMethod.Get, path)])
        {
            Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        }
    }

    [Theory]
    [InlineData("00000000-0000-4000-8000-000000000000")]
    [InlineData("not-an-id")]
    [InlineData("..%2F..%2Fetc")]
    public async Task JoinAndGet_UnknownMeeting_ReturnNotFound(string id)
    {
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Ann" }), HttpStatusCode.NotFound, "unknown-meeting");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{id}"), HttpStatusCode.NotFound, "unknown-meeting");
    }

    [Theory]
    [InlineData("")]
    [InlineData("evil\u202Etxt")]
    [InlineData("line\nbreak")]
    public async Task Join_InvalidDisplayName_NamesField(string name)
    {
        var meeting = await Signaling.CreateAsync();
        var problem = await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = name }), HttpStatusCode.BadRequest, "invalid-request");
        Assert.NotNull(problem["errors"]!["displayName"]);
    }

    [Fact]
    public async Task Join_NameWithInvisibleCharacters_IsShownWithoutThem()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "B\u200Bo\u2060b");

        Assert.Equal("Bob", (string?)(await ann.ExpectAsync("participant-joined"))["participant"]!["displayName"]);
    }

    [Fact]
    public async Task Join_EndedMeeting_ReturnsGone()
    {
        var meeting = await Signaling.CreateAsync();
        var ended = await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        Assert.True((await ended.Content.ReadFromJsonAsync<SuccessResponse>())!.Success);
        await Eventually.TrueAsync(async () => (await InfoAsync(meeting.MeetingId)).Status == "ended", "the server has received the end of the meeting");
        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Ann" }), HttpStatusCode.Gone, "meeting-ended");
        var row = await Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, meeting.MeetingId, default);
        Assert.Equal(MeetingRowStatus.Ended, row!.Status);
        Assert.True((await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Join_FullMeeting_SucceedsAfterReservationExpires()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 2 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var absent = await Signaling.JoinAsync(meeting.MeetingId, "Absent");
        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Late" }), HttpStatusCode.Conflict, "meeting-full");
        // The reservation of an absent participant expires with its code.
        await Eventually.TrueAsync(
            async () => (await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Waiting" })).IsSuccessStatusCode, "the reservation expires");
        await using var late = await TestClient.OpenByTicketAsync(absent, Signaling.Address);
        await late.SendAsync(new { type = "join", participantId = late.Id });
        Assert.Equal("forbidden", (string?)(await late.ExpectAsync("error"))["code"]);
        Assert.Equal(CloseCode.Rejected, await late.ExpectCloseAsync());
    }

    [Fact]
    public async Task Join_MeetingNotPlaced_ReturnsReasonAndRetryAfter()
    {
        server.Cluster.PlacementRejection = ("NoCapacity", "0 of 1 media nodes have room: default-aaaaa is draining.");
        try
        {
            var meeting = await Signaling.CreateAsync();
            Assert.Equal("pending", (await InfoAsync(meeting.MeetingId)).Status);
            await Eventually.TrueAsync(
                async () =>
                {
                    var response = await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Ann" });
                    var problem = await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "not-placed");
                    Assert.NotNull(response.Headers.RetryAfter);
                    return ((string?)problem["detail"])!.Contains("default-aaaaa is draining", StringComparison.Ordinal);
                },
                "the problem contains the message of the operator");
        }
        finally
        {
            server.Cluster.PlacementRejection = null;
        }
    }

    [Fact]
    public async Task Join_MeetingCreatedWithKubectl_UsesUidAndCreatesRow()
    {
        var applied = await server.Cluster.ApplyMeetingAsync("standup", spec => spec with { Title = "Stand-up", Access = new MeetingAccess { MuteOnEntry = true } });
        var id = applied.Metadata.Uid!;
        await Eventually.TrueAsync(async () => (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{id}")).IsSuccessStatusCode, "the server has received the meeting");
        await using var ann = await Signaling.EnterAsync(id, "Ann");
        Assert.True((bool)ann.OfType("joined")[0]["muted"]!["audio"]!);
        var row = await Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, id, default);
        Assert.Equal("Stand-up", row!.Title);
        Assert.Equal("Stand-up", (await InfoAsync(id)).Title);
    }

    [Fact]
    public async Task Get_MeetingOutsideTenantNamespace_ReturnsNotFound()
    {
        await server.Cluster.AddTenantAsync("initech", "meet-initech");
        var foreign = await server.Cluster.ApplyMeetingAsync("foreign", tenant: "initech");
        var own = await server.Cluster.ApplyMeetingAsync("own-of-default");
        await Eventually.TrueAsync(async () => (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{own.Metadata.Uid}")).IsSuccessStatusCode, "the server has received a later meeting");
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{foreign.Metadata.Uid}"), HttpStatusCode.NotFound, "unknown-meeting");
    }

    [Fact]
    public async Task Join_WithTicket_ReturnsSameParticipant()
    {
        var meeting = await Signaling.CreateAsync();
        var first = await Signaling.JoinAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        var again = await Signaling.JoinAsync(meeting.MeetingId, "Ann", ticket: first.Ticket);
        Assert.Equal((first.ParticipantId, "host"), (again.ParticipantId, again.Role));
        var other = await Signaling.CreateAsync();
        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{other.MeetingId}/join", new { displayName = "Ann", ticket = first.Ticket }), HttpStatusCode.Unauthorized, "unauthorized");
        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Ann", ticket = "x.y.z" }), HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task Get_OpenMeeting_ListsConnectedParticipants()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await Signaling.JoinAsync(meeting.MeetingId, "Not yet");
        var info = await InfoAsync(meeting.MeetingId);
        Assert.Equal(new ParticipantResponse(ann.Id, "Ann", true, true, "host"), Assert.Single(info.Participants));
        Assert.Equal("ready", info.Status);
    }

    private async Task<MeetingResponse> InfoAsync(string id) =>
        (await (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{id}")).Content.ReadFromJsonAsync<MeetingResponse>())!;
}
