using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests one meeting on two servers with one PostgreSQL and one Redis.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class TwoReplicasTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    [Fact]
    public async Task Meeting_OnTwoReplicas_SharesState()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        Assert.Equal(bob.Id, (string?)(await ann.ExpectAsync("participant-joined"))["participant"]!["participantId"]);
        Assert.Equal(ann.Id, (string?)bob.OfType("joined")[0]["participants"]![0]!["participantId"]);

        // A mute on one replica is visible on the other.
        await bob.SendAsync(new { type = "mute", mediaType = "audio" });
        await ann.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id && !(bool)m["audio"]!);

        // Both use the same media node.
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer", m => (string?)m["from"] == "sfu" && m["tracks"]!.AsArray().Any(t => (string?)t!["participantId"] == ann.Id));

        // The removal is requested on the replica that does not have the socket.
        await a.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
        Assert.Equal(CloseCode.Rejected, await bob.ExpectCloseAsync());
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
    }

    [Fact]
    public async Task Relay_BetweenReplicas_DeliversOrReturnsError()
    {
        var meeting = await a.CreateAsync(new { mode = "P2P", maxParticipants = 3 });
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        Assert.Equal(ann.Id, (string?)(await bob.ExpectAsync("offer"))["from"]);
        await bob.SendAsync(new { type = "answer", to = ann.Id, sdp = Sdp.Answer() });
        Assert.Equal(bob.Id, (string?)(await ann.ExpectAsync("answer"))["from"]);

        // A delivered message causes no error after the acknowledgement timeout.
        await Marker.ExpireAsync(a, meeting.MeetingId, a.Options.Timings.RelayAcknowledgementTimeout * 2, ann);
        Assert.Empty(ann.OfType("error"));
        Assert.Empty(bob.OfType("error"));

        // Bob stays listed until his reconnect timeout, but has no socket.
        bob.Abort();
        await Eventually.TrueAsync(
            async () =>
            {
                await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
                return ann.OfType("error").Any(m => (string?)m["code"] == "unavailable");
            },
            "the sender gets an error");
    }

    [Fact]
    public async Task Remove_DuringRedisOutage_StaysRemovedAfterDataLoss()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        redis.Kill();

        var response = await a.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);

        Assert.Equal(System.Net.HttpStatusCode.NoContent, response.StatusCode);
        await bob.ExpectAsync("removed");
        Assert.Equal(CloseCode.Rejected, await bob.ExpectCloseAsync());
        Assert.Equal("removed", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
        await redis.StartAsync();
        await Eventually.TrueAsync(() => a.Service<IMeetingBus>().IsConnected && b.Service<IMeetingBus>().IsConnected, "both replicas are connected to Redis again");
        await Assert.ThrowsAnyAsync<Exception>(() => TestClient.OpenByTicketAsync(bob.Join, b.Address));
        await using var eve = await b.EnterAsync(meeting.MeetingId, "Eve");
        Assert.DoesNotContain(eve.OfType("joined")[0]["participants"]!.AsArray(), p => (string?)p!["participantId"] == bob.Id);
        Assert.False(node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
    }

    [Fact]
    public async Task Chat_ConcurrentlyOnBothReplicas_HasOneOrder()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await Task.WhenAll(new[] { ann, bob }.Select(async client =>
        {
            for (var i = 0; i < 40; i++)
            {
                await client.SendAsync(new { type = "chat", message = $"{client.Id} {i}" });
            }
        }));
        foreach (var client in new[] { ann, bob })
        {
            await Eventually.TrueAsync(() => client.OfType("chat").Count == 80, "everything is received");
        }

        Assert.Equal(Enumerable.Range(1, 80).Select(i => $"{i}"), ann.OfType("chat").Select(m => (string?)m["messageId"]));
        Assert.Equal(ann.OfType("chat").Select(m => m.ToJsonString()), bob.OfType("chat").Select(m => m.ToJsonString()));
        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{client.Id} {i}"), ann.OfType("chat").Where(m => (string?)m["from"] == client.Id).Select(m => (string?)m["message"]));
        }
    }

    [Fact]
    public async Task Code_UsedOnOtherReplica_IsRejected()
    {
        var meeting = await a.CreateAsync();
        var join = await a.JoinAsync(meeting.MeetingId, "Ann");
        await using var first = await TestClient.OpenAsync(join);
        var elsewhere = new UriBuilder(join.WebSocketUrl) { Port = b.Address.Port }.Uri;
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => TestClient.OpenAsync(join, elsewhere, _ => { }));
    }

    [Fact]
    public async Task Stop_OneReplica_MovesClientsWithoutDeparture()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        await bob.SendAsync(new { type = "chat", message = "before" });
        await ann.ExpectAsync("chat");

        var stopping = b.StopAsync();
        Assert.Equal(CloseCode.Restart, await bob.ExpectCloseAsync());
        await using var back = await TestClient.OpenByTicketAsync(bob.Join, a.Address);
        await back.JoinAsync(resume: true);
        await stopping;
        await back.ExpectAsync("chat", m => (string?)m["message"] == "before");
        await back.SendAsync(new { type = "chat", message = "after" });
        await ann.ExpectAsync("chat", m => (string?)m["message"] == "after");
        // Bob's old entry would expire before the marker's entry.
        await Marker.ExpireAsync(a, meeting.MeetingId, a.Options.Timings.PresenceLifetime, ann);
        Assert.DoesNotContain(ann.OfType("participant-left"), m => (string?)m["participantId"] == bob.Id);
        Assert.Single(ann.OfType("participant-joined"), m => (string?)m["participant"]!["participantId"] == bob.Id);
        Assert.True(node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
        await bob.DisposeAsync();
    }
}
