using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests a participant that reads nothing. The long pong timeout of <see cref="TestSignaling"/> keeps it connected although it ignores pings.</summary>
public sealed class SlowReaderTests(SlowReaderTests.Server server) : IClassFixture<SlowReaderTests.Server>
{
    public sealed class Server : ServerFixture;

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Relay_LargeOffersToSlowReader_KeepsSlowReaderConnected()
    {
        var meeting = await Signaling.CreateAsync(new { mode = "P2P", maxParticipants = 4 });
        var slow = await Signaling.JoinAsync(meeting.MeetingId, "Slow");
        await using var pushy = await Signaling.EnterAsync(meeting.MeetingId, "Pushy");
        using var raw = await RawSocket.JoinAsync(slow, receiveBuffer: 4096);
        await pushy.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == slow.ParticipantId);
        for (var i = 0; i < 15; i++)
        {
            await pushy.SendAsync(new { type = "offer", to = slow.ParticipantId, sdp = "v=0\r\n" + new string('a', 250_000) });
        }

        await Eventually.TrueAsync(() => pushy.OfType("error").Count(m => (string?)m["code"] == "too-large") == 15, "each offer is rejected");
        await using var other = await Signaling.EnterAsync(meeting.MeetingId, "Other");
        for (var i = 0; i < 30 && !other.Closed.IsCompleted; i++)
        {
            await other.SendAsync(new { type = "offer", to = slow.ParticipantId, sdp = "v=0\r\n" + new string('a', 30_000) });
        }

        await other.ExpectAsync("error", m => (string?)m["code"] == "rate-limited");
        await pushy.SendAsync(new { type = "chat", message = "marker" });
        await pushy.ExpectAsync("chat");
        Assert.DoesNotContain(pushy.OfType("participant-left"), m => (string?)m["participantId"] == slow.ParticipantId);
        Assert.False(raw.IsClosed());
    }
}
