using System.Net;

namespace MeetOperator.Signaling.Tests;

/// <summary>Whom a crowd, and a meeting that is full, keep out. Nothing here gives way by itself while the tests run.</summary>
public sealed class JoinLimitTests(JoinLimitTests.Server server) : IClassFixture<JoinLimitTests.Server>
{
    public sealed class Server : ServerFixture
    {
        private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { ReturnTime = Long, PresenceLife = Long, CodeLife = Long, PlaceFirm = Long } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Crowd_HoldsUpNeitherTheHostNorWhoHasATicket()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 1 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        using var over = new CancellationTokenSource();
        var refusals = 0;
        var crowd = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CrowdAsync()));
        try
        {
            await Eventually.TrueAsync(() => Volatile.Read(ref refusals) > 50, "the crowd is slowed down");
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal(HttpStatusCode.OK, await JoinAsync(new { displayName = "Ann", ticket = ann.Join.Ticket }));
                Assert.Equal(HttpStatusCode.OK, await JoinAsync(new { displayName = "Host" }, meeting.HostToken));
            }
        }
        finally
        {
            await over.CancelAsync();
            await crowd;
        }

        // Somebody who repeats himself for ever is slowed down, too.
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => JoinAsync(new { displayName = "Ann", ticket = ann.Join.Ticket })))).Contains(HttpStatusCode.TooManyRequests),
            "one ticket is not used without end");

        async Task CrowdAsync()
        {
            while (!over.IsCancellationRequested)
            {
                if (await JoinAsync(new { displayName = "Eve" }) == HttpStatusCode.TooManyRequests)
                {
                    Interlocked.Increment(ref refusals);
                }
            }
        }

        async Task<HttpStatusCode> JoinAsync(object body, string? hostToken = null)
        {
            using var response = await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", body, hostToken);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Host_WhoseConnectionIsLost_ComesBackWithTheHostToken()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 1 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var host = await Signaling.EnterAsync(meeting.MeetingId, "Host", meeting.HostToken);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == host.Id);
        host.Abort();

        await Eventually.TrueAsync(
            async () => (await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Host" }, meeting.HostToken)).IsSuccessStatusCode,
            "the host gets in again");
        await using var back = await Signaling.EnterAsync(meeting.MeetingId, "Host", meeting.HostToken);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == back.Id);
        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == host.Id);
    }
}
