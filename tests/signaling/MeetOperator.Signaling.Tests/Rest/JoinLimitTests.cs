using System.Net;
using System.Net.Http.Json;

namespace MeetOperator.Signaling.Tests;

/// <summary>Whom a crowd, and a meeting that is full, keep out. Nothing here gives way by itself while the tests run.</summary>
public sealed class JoinLimitTests(JoinLimitTests.Server server) : IClassFixture<JoinLimitTests.Server>
{
    public sealed class Server : ServerFixture
    {
        private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")], Timings = options.Timings with { ReconnectTimeout = Long, PresenceLifetime = Long, CodeLifetime = Long, FirmReservation = Long } };
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
    public async Task OneAddress_ThatJoinsWithoutEnd_KeepsNobodyElseOut()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 8 });
        await CrowdAsync();
        for (var i = 1; i <= 6; i++)
        {
            using var joined = await JoinFromAsync($"198.51.100.{i}", meeting.MeetingId);
            Assert.Equal(HttpStatusCode.OK, joined.StatusCode);
            await CrowdAsync();
            await using var client = await TestClient.OpenAsync((await joined.Content.ReadFromJsonAsync<JoinAnswer>())!);
            await client.JoinAsync();
        }

        async Task CrowdAsync()
        {
            for (var i = 1; i <= 12; i++)
            {
                using var joined = await JoinFromAsync($"2001:db8:1:2::{i}", meeting.MeetingId);
            }
        }
    }

    [Fact]
    public async Task OneAddress_JoinsOneMeetingAtItsPace_AndNobodyElseIsHeldUp()
    {
        var (meeting, other) = (await Signaling.CreateAsync(new { maxParticipants = 1 }), await Signaling.CreateAsync());
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");

        // The meeting is full, so that this costs little; and fewer come through than one address may join of all meetings.
        Assert.InRange(await Flood.PassedAsync(_ => JoinFromAsync("203.0.113.7", meeting.MeetingId)), 200, 499);

        using var elsewhere = await JoinFromAsync("203.0.113.7", other.MeetingId);
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
        using var fromElsewhere = await JoinFromAsync("203.0.113.8", meeting.MeetingId);
        Assert.Equal(HttpStatusCode.Conflict, fromElsewhere.StatusCode);
    }

    [Fact]
    public async Task ManyAddresses_JoinOneMeetingAtItsPace_AndOtherMeetingsAreNotHeldUp()
    {
        var (meeting, other) = (await Signaling.CreateAsync(new { maxParticipants = 1 }), await Signaling.CreateAsync());
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");

        Assert.InRange(await Flood.PassedAsync(i => JoinFromAsync($"10.0.{i >> 8}.{i & 255}", meeting.MeetingId)), 1_000, 4_999);

        using var elsewhere = await JoinFromAsync("203.0.113.10", other.MeetingId);
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
    }

    [Fact]
    public async Task OneAddress_ReadsOneMeetingAtItsPace_AndNobodyElseIsHeldUp()
    {
        var (meeting, other) = (await Signaling.CreateAsync(), await Signaling.CreateAsync());

        Assert.InRange(await Flood.PassedAsync(_ => SendFromAsync("203.0.113.11", HttpMethod.Get, $"meetings/{meeting.MeetingId}")), 500, 4_999);

        using var elsewhere = await SendFromAsync("203.0.113.11", HttpMethod.Get, $"meetings/{other.MeetingId}");
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
        using var fromElsewhere = await SendFromAsync("203.0.113.12", HttpMethod.Get, $"meetings/{meeting.MeetingId}");
        Assert.Equal(HttpStatusCode.OK, fromElsewhere.StatusCode);
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

    private Task<HttpResponseMessage> JoinFromAsync(string address, string meetingId) =>
        SendFromAsync(address, HttpMethod.Post, $"meetings/{meetingId}/join", JsonContent.Create(new { displayName = "Bob" }));

    private async Task<HttpResponseMessage> SendFromAsync(string address, HttpMethod method, string path, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Add("X-Forwarded-For", address);
        return await Signaling.Http.SendAsync(request);
    }
}
