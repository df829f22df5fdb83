using System.Net;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a meeting on two replicas while Redis is killed, hangs and recovers.</summary>
public sealed class RedisOutageTests(PostgresServer postgres) : TwoReplicasTestBase(postgres), IClassFixture<PostgresServer>
{
    [Fact]
    public async Task RedisKilled_LongerThanPresenceLifetime_KeepsParticipantsAndChat()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        await SendChatAsync(ann, "1");
        await ExpectChatAsync(bob, "1");

        redis.Kill();
        // Meanwhile, both replicas read messages from the database.
        await SendChatAsync(ann, "2");
        await ExpectChatAsync(bob, "2");
        await SendChatAsync(bob, "3");
        await ExpectChatAsync(ann, "3");
        foreach (var server in new[] { a, b })
        {
            Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("readyz")).StatusCode);
        }

        // Operations that need all replicas fail with Retry-After. Reconnecting with a ticket still works.
        var response = await a.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Eve" });
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
        response = await a.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/participants/{bob.Id}/mute", new { mediaType = "audio" }, meeting.HostToken);
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        bob.Abort();
        await using var back = await TestClient.OpenByTicketAsync(bob.Join, b.Address);
        await back.JoinAsync(resume: true);
        await back.SendAsync(new { type = "mute", mediaType = "audio" });
        await Eventually.TrueAsync(() => node.Read(meeting.MeetingId, r => r.Participants[bob.Id].IsMuted("microphone")), "the mute reaches the node without Redis");

        // Participants are refreshed on the node every ten seconds, so three refreshes take longer than the lifetime of presence entries.
        var touched = Touches();
        await Eventually.TrueAsync(() => Touches() >= touched + 3, "half a minute passes", TimeSpan.FromSeconds(90));
        await redis.StartAsync();

        await ann.ExpectAsync("media-update", m => (string?)m["participantId"] == bob.Id && !(bool)m["audio"]!);
        await Eventually.TrueAsync(async () => (await a.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Late" })).IsSuccessStatusCode, "joining works again");
        await using var late = await b.EnterAsync(meeting.MeetingId, "Late");
        Assert.Equal(2, late.OfType("joined")[0]["participants"]!.AsArray().Count);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == late.Id);
        await SendChatAsync(ann, "4");
        await ExpectChatAsync(back, "4");
        await SendChatAsync(back, "5");
        foreach (var client in new[] { ann, back })
        {
            await ExpectChatAsync(client, "5");
            Assert.Empty(client.OfType("participant-left"));
            Assert.False(client.Closed.IsCompleted);
        }

        Assert.Equal(["1", "2", "3", "4", "5"], ann.OfType("chat").Select(m => (string?)m["message"]));
        Assert.Equal(["1", "2", "3", "4", "5"], back.OfType("chat").Select(m => (string?)m["message"]));
        Assert.Empty(ann.OfType("media-restart"));

        int Touches() => node.Read(meeting.MeetingId, r => r.Participants[ann.Id].Touches);
    }

    [Fact]
    public async Task RedisHangs_MuteDuringOutage_IsAnnouncedAfterRecovery()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");

        redis.Pause();
        try
        {
            await ann.SendAsync(new { type = "mute", mediaType = "video" });
            await SendChatAsync(ann, "while it hangs");
            await ExpectChatAsync(bob, "while it hangs");
            Assert.Empty(bob.OfType("media-update"));
        }
        finally
        {
            redis.Continue();
        }

        // Redis kept its data, which is older than the state of the replica.
        var update = await bob.ExpectAsync("media-update", limit: TimeSpan.FromSeconds(40));
        Assert.Equal((ann.Id, false), ((string?)update["participantId"], (bool)update["video"]!));
        await SendChatAsync(bob, "again");
        await ExpectChatAsync(ann, "again");
        await ExpectChatAsync(bob, "again");
        Assert.Equal(["while it hangs", "again"], bob.OfType("chat").Select(m => (string?)m["message"]));
        Assert.Empty(bob.OfType("participant-left"));
    }

    [Fact]
    public async Task RedisHangs_ReconnectToOtherReplica_KeepsParticipantAndMuteState()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await bob.ExpectAsync("media-update", m => !(bool)m["audio"]!);

        redis.Pause();
        await using var back = await ReconnectAsync();
        await Eventually.TrueAsync(
            async () => back.Closed.IsCompleted || (await PresentAsync(meeting.MeetingId)).Any(p => p.ParticipantId == ann.Id && p.Instance == b.Options.ReplicaId && !p.Audio),
            "the presence entry belongs to the second replica");

        await SendChatAsync(back, "here again");
        await ExpectChatAsync(bob, "here again");
        Assert.False(back.Closed.IsCompleted);
        Assert.Empty(bob.OfType("participant-left"));
        Assert.Single(bob.OfType("media-update"));

        async Task<TestClient> ReconnectAsync()
        {
            try
            {
                await a.StopAsync();
                Assert.Equal(CloseCode.Restart, await ann.ExpectCloseAsync());
                var client = await TestClient.OpenByTicketAsync(ann.Join, b.Address);
                await client.JoinAsync(resume: true);
                return client;
            }
            finally
            {
                redis.Continue();
            }
        }
    }

    private protected override string RedisOf(RedisServer server) => server.Configuration;

    private async Task<IReadOnlyList<PresenceEntry>> PresentAsync(string meetingId)
    {
        try
        {
            return await b.Service<IMeetingBus>().Presence.ListAsync(new MeetingKey(TestCluster.Tenant, meetingId), default);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            return [];
        }
    }

    private static Task SendChatAsync(TestClient client, string text) => client.SendAsync(new { type = "chat", message = text });

    private static Task ExpectChatAsync(TestClient client, string text) => client.ExpectAsync("chat", m => (string?)m["message"] == text, TimeSpan.FromSeconds(40));
}
