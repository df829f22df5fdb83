using System.Net;
using System.Net.Http.Json;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests that removals and the end of a meeting take effect even if events are lost.</summary>
public sealed class RemovalTests(RemovalTests.Server server) : IClassFixture<RemovalTests.Server>
{
    public sealed class Server : ServerFixture
    {
        /// <summary>Calls to a hanging node must not time out during a test.</summary>
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { NodeCallTimeout = TimeSpan.FromSeconds(100) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_AfterRemovalOrEnd_IsNotStored(bool removed)
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Mallory");
        // A client that ignores the close frame and keeps sending.
        using var raw = await RawSocket.JoinAsync(join);
        await raw.SendTextAsync("""{"type":"chat","message":"before"}""");
        await Eventually.TrueAsync(async () => (await MessagesAsync(meeting.MeetingId)).Count == 1, "the message is stored");

        var path = removed ? $"meetings/{meeting.MeetingId}/participants/{join.ParticipantId}" : $"meetings/{meeting.MeetingId}";
        Assert.True((await Signaling.SendAsync(HttpMethod.Delete, path, bearer: meeting.HostToken)).IsSuccessStatusCode);
        await Eventually.TrueAsync(async () => !await raw.TrySendTextAsync("""{"type":"chat","message":"after"}"""), "the server closes the connection");
        Assert.Equal(["before"], await MessagesAsync(meeting.MeetingId));
    }

    [Fact]
    public async Task End_WhileParticipantIsDisconnected_StoresItsDeparture()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        bob.Abort();

        Assert.Equal(HttpStatusCode.OK, (await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", null, meeting.HostToken)).StatusCode);

        await ann.ExpectCloseAsync();
        await Eventually.TrueAsync(async () => await StatusAsync(meeting.MeetingId, bob.Id) == ConnectionStatuses.Left, "the departure is stored");
    }

    [Fact]
    public async Task Remove_NodeHangs_DelaysAnnouncement()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(
            () => server.Node.Read(meeting.MeetingId, r => r.Participants.GetValueOrDefault(bob.Id)?.SubscribeSession is not null), "the node has answered the first calls for Bob");
        Task<HttpResponseMessage> removing;
        server.Node.Hang();
        try
        {
            // The node may process this offer after the removal.
            var requests = server.Node.PublishRequests;
            await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
            await Eventually.TrueAsync(() => server.Node.PublishRequests > requests, "the offer is at the node");
            removing = Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
            await Eventually.TrueAsync(async () => await StatusAsync(meeting.MeetingId, bob.Id) == ConnectionStatuses.Removed, "the removal is stored");
            // All earlier messages have arrived before this one.
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
        await bob.ExpectAsync("removed");
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
        Assert.False(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
    }

    [Fact]
    public async Task Remove_NodeProcessesEarlierCallAfterwards_ParticipantStaysRemoved()
    {
        var meeting = await Signaling.CreateAsync();
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        var (arrived, released) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        server.Node.BeforePublish = () =>
        {
            arrived.SetResult();
            return released.Task;
        };
        try
        {
            await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(HttpStatusCode.NoContent, (await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken)).StatusCode);
            await bob.ExpectAsync("removed");
        }
        finally
        {
            server.Node.BeforePublish = () => Task.CompletedTask;
            released.SetResult();
        }

        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.RejectedCalls > 0), "the node rejects the call");
        Assert.False(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
        Assert.Empty(bob.OfType("error"));
        Assert.Empty(bob.OfType("media-restart"));
    }

    /// <summary>A participant that the node does not list at the moment may be added by a late call, so the node must learn of the removal all the same.</summary>
    [Fact]
    public async Task Remove_NodeRejectsAndForgetsParticipant_IsRepeatedUntilConfirmed()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the participant is on the node");
        server.Node.RejectsRemovals = true;
        try
        {
            await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
            await bob.ExpectAsync("removed");
            server.Node.RemoveParticipant(meeting.MeetingId, bob.Id);
        }
        finally
        {
            server.Node.RejectsRemovals = false;
        }

        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Excluded.Contains(bob.Id)), "the node has confirmed the removal");
    }

    [Fact]
    public async Task Remove_AllBusEventsLost_IsEnforcedFromDatabase()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the participant is on the node");

        // Simulates a replica that crashes after writing the removal and before publishing events.
        await Signaling.Service<IParticipantRepository>().RemoveAsync(TestCluster.Tenant, meeting.MeetingId, bob.Id, 1, default);

        await bob.SendAsync(new { type = "chat", message = "still here", reference = "r1" });
        await bob.ExpectAsync("removed");
        Assert.Equal(CloseCode.Rejected, await bob.ExpectCloseAsync());
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the participant is removed from the node");
        Assert.Empty(await MessagesAsync(meeting.MeetingId));
        var info = (await (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}")).Content.ReadFromJsonAsync<MeetingResponse>())!;
        Assert.Equal(ann.Id, Assert.Single(info.Participants).ParticipantId);
    }

    [Fact]
    public async Task Remove_NodeRejectsCalls_IsRetriedUntilDone()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the participant is on the node");
        var rejectedBefore = server.Node.RejectedDrops;
        server.Node.RejectsRemovals = true;
        try
        {
            await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
            await bob.ExpectCloseAsync();
            await ann.ExpectAsync("participant-left");

            // The first call is for the host's request, the second for the closed socket. Later calls are retries on ticks.
            await Eventually.TrueAsync(() => server.Node.RejectedDrops - rejectedBefore > 3, "the removal is retried");
            Assert.True(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
        }
        finally
        {
            server.Node.RejectsRemovals = false;
        }

        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the participant is removed from the node");
        Assert.True(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)));
    }

    [Fact]
    public async Task NodeHangs_OpenMeeting_StaysResponsive()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "both participants are on the node");
        server.Node.Hang();
        try
        {
            // A new event stream makes the session list the participants of the node, and a reconnect replaces a socket.
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
    public async Task RowClosed_MeetingStillLive_IsReopened()
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

    private async Task<IReadOnlyList<string>> MessagesAsync(string meetingId) =>
        [.. (await Signaling.Service<IChatRepository>().ListLastAsync(TestCluster.Tenant, meetingId, 100, default)).Select(l => l.Content)];

    private async Task<string?> StatusAsync(string meetingId, string participantId) =>
        (await Signaling.Service<IParticipantRepository>().FindAsync(TestCluster.Tenant, meetingId, participantId, default))?.ConnectionStatus;
}
