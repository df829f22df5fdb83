using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests the departures of participants who lost their connections before or during an outage of Redis.</summary>
public sealed class DepartureOutageTests(PostgresServer postgres) : TwoReplicasTestBase(postgres), IClassFixture<PostgresServer>
{
    private protected override TimeSpan ReconnectTimeout => TimeSpan.FromSeconds(8);

    [Fact]
    public async Task RedisKilled_OtherReplicaStopsMeanwhile_ItsParticipantsLeave()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");

        redis.Kill();
        await b.StopAsync();
        await redis.StartAsync();

        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == bob.Id);
    }

    [Fact]
    public async Task RedisKilled_AfterLostConnections_OnlyAbsentParticipantsLeave()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var eve = await a.EnterAsync(meeting.MeetingId, "Eve");
        await using var bob = await a.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");
        var published = PublishSession();
        Assert.NotNull(published);

        // Ann reloads her page and is on the other replica now. Eve does not return. Meanwhile, Redis fails and loses all data.
        ann.Abort();
        await using var back = await TestClient.OpenByTicketAsync(ann.Join, b.Address);
        await back.JoinAsync(resume: true);
        redis.Kill();
        eve.Abort();

        await RefreshesAsync(2);
        await redis.StartAsync();

        await bob.ExpectAsync("participant-left", m => (string?)m["participantId"] == eve.Id);
        await Eventually.TrueAsync(() => node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(eve.Id)), "the node removes Eve");
        await RefreshesAsync(1);
        Assert.Equal(published, PublishSession());
        Assert.DoesNotContain(bob.OfType("participant-left"), m => (string?)m["participantId"] == ann.Id);
        Assert.False(back.Closed.IsCompleted);

        // Participants are refreshed on the node every ten seconds, so two refreshes take longer than the reconnect timeout.
        async Task RefreshesAsync(int count)
        {
            var before = Touches();
            await Eventually.TrueAsync(() => Touches() >= before + count, $"{count} refreshes", TimeSpan.FromSeconds(90));
        }

        int Touches() => node.Read(meeting.MeetingId, r => r.Participants[bob.Id].Touches);
        string? PublishSession() => node.Read(meeting.MeetingId, r => r.Participants.GetValueOrDefault(ann.Id)?.PublishSession);
    }
}
