using System.Net;
using System.Net.Http.Json;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling.Tests;

/// <summary>That a removal and the end hold whatever is lost on the way.</summary>
public sealed class RemovalTests(RemovalTests.Server server) : IClassFixture<RemovalTests.Server>
{
    public sealed class Server : ServerFixture
    {
        /// <summary>Calls to a node that hangs do not end by themselves while a test looks.</summary>
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { NodeCallTimeout = TimeSpan.FromSeconds(100) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_SentAfterTheRemovalOrTheEnd_IsNotStored(bool removed)
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Mallory");
        // A client that does not answer the close frame and goes on talking.
        using var raw = await RawSocket.OpenAsync(join.WebSocketUrl);
        await raw.SendTextAsync($$"""{"type":"join","participantId":"{{join.ParticipantId}}"}""");
        await raw.SendTextAsync("""{"type":"chat","message":"before"}""");
        await Eventually.TrueAsync(async () => (await LinesAsync(meeting.MeetingId)).Count == 1, "the line is stored");

        var path = removed ? $"meetings/{meeting.MeetingId}/participants/{join.ParticipantId}" : $"meetings/{meeting.MeetingId}";
        Assert.True((await Signaling.SendAsync(HttpMethod.Delete, path, bearer: meeting.HostToken)).IsSuccessStatusCode);
        await Eventually.TrueAsync(async () => !await raw.TrySendTextAsync("""{"type":"chat","message":"after"}"""), "the server ends the connection");
        Assert.Equal(["before"], await LinesAsync(meeting.MeetingId));
    }

    [Fact]
    public async Task Remove_WhileTheNodeHasNotDroppedTheParticipant_NobodyIsTold()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("answer");
        Task<HttpResponseMessage> removing;
        server.Node.Hang();
        try
        {
            removing = Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
            await Eventually.TrueAsync(async () => await StatusAsync(meeting.MeetingId, bob.Id) == ConnectionStatuses.Removed, "the removal is stored");
            // Everything that was told before this line has arrived.
            await ann.SendAsync(new { type = "chat", message = "marker" });
            await ann.ExpectAsync("chat");
            Assert.Empty(bob.OfType("removed"));
            Assert.Empty(ann.OfType("participant-left"));
        }
        finally
        {
            server.Node.Resume();
        }

        Assert.Equal(HttpStatusCode.NoContent, (await removing).StatusCode);
        Assert.False(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
        await bob.ExpectAsync("removed");
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
    }

    [Fact]
    public async Task Removed_ButEveryMessageAboutItWasLost_IsEnforcedFromTheRow()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the node knows the participant");

        // What another instance writes that dies before it says anything.
        await Signaling.Service<IParticipantRepository>().RemoveAsync(TestCluster.Tenant, meeting.MeetingId, bob.Id, 1, default);

        await bob.SendAsync(new { type = "chat", message = "still here", reference = "r1" });
        await bob.ExpectAsync("removed");
        Assert.Equal(CloseCodes.Rejected, await bob.ExpectCloseAsync());
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the node forgets the participant");
        Assert.Empty(await LinesAsync(meeting.MeetingId));
        var info = (await (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}")).Content.ReadFromJsonAsync<MeetingAnswer>())!;
        Assert.Equal(ann.Id, Assert.Single(info.Participants).ParticipantId);
    }

    [Fact]
    public async Task Remove_WhileTheNodeDropsNobody_IsAskedAgainUntilItHas()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the node knows the participant");
        var refused = server.Node.RefusedDrops;
        server.Node.RefusesToDrop = true;
        try
        {
            await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
            await bob.ExpectCloseAsync();
            await ann.ExpectAsync("participant-left");

            // One call by the host's request, one as his socket ends; the next one is asked for by the clock.
            await Eventually.TrueAsync(() => server.Node.RefusedDrops - refused > 3, "the node is asked again");
            Assert.True(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
        }
        finally
        {
            server.Node.RefusesToDrop = false;
        }

        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the node forgets the participant");
        Assert.True(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)));
    }

    [Fact]
    public async Task HungNode_TheMeetingGoesOn()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the node knows both");
        server.Node.Hang();
        try
        {
            // Its event stream came anew, so it is asked who is there; and somebody's socket goes.
            server.Node.Emit(meeting.MeetingId, new NodeControl.RoomEvent { Type = NodeControl.RoomEventTypes.Ready });
            await using var back = await TestClient.OpenByTicketAsync(bob.Join, Signaling.Address);
            await back.JoinAsync();
            await back.SendAsync(new { type = "chat", message = "hello" });
            await ann.ExpectAsync("chat", limit: TimeSpan.FromSeconds(60));
        }
        finally
        {
            server.Node.Resume();
        }
    }

    [Fact]
    public async Task Ended_InARowOfALiveMeeting_IsNotTheEndAndIsMended()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var rows = Signaling.Service<IMeetingRepository>();
        await rows.CloseAsync(TestCluster.Tenant, meeting.MeetingId, 1, default);

        await Eventually.TrueAsync(async () => (await rows.FindAsync(TestCluster.Tenant, meeting.MeetingId, default))!.Status == MeetingRowStatus.Open, "the row is open again");

        await ann.SendAsync(new { type = "chat", message = "we go on" });
        await ann.ExpectAsync("chat");
        Assert.Empty(ann.OfType("meeting-ended"));
    }

    private async Task<IReadOnlyList<string>> LinesAsync(string meetingId) =>
        [.. (await Signaling.Service<IChatRepository>().ListLastAsync(TestCluster.Tenant, meetingId, 100, default)).Select(l => l.Content)];

    private async Task<string?> StatusAsync(string meetingId, string participantId) =>
        (await Signaling.Service<IParticipantRepository>().FindAsync(TestCluster.Tenant, meetingId, participantId, default))?.ConnectionStatus;
}
