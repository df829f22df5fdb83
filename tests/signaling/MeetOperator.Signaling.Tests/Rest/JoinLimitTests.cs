using System.Net;
using System.Net.Http.Json;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests rate limits and capacity of joins. The configured timeouts do not expire during the tests.</summary>
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
    public async Task Join_AnonymousFlood_DoesNotThrottleHostOrTicketHolder()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 1 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        using var over = new CancellationTokenSource();
        var rejections = 0;
        var crowd = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CrowdAsync()));
        try
        {
            await Eventually.TrueAsync(() => Volatile.Read(ref rejections) > 50, "anonymous joins are throttled");
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

        // A ticket that is used without pause is throttled too.
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => JoinAsync(new { displayName = "Ann", ticket = ann.Join.Ticket })))).Contains(HttpStatusCode.TooManyRequests),
            "the ticket is throttled");

        async Task CrowdAsync()
        {
            while (!over.IsCancellationRequested)
            {
                if (await JoinAsync(new { displayName = "Eve" }) == HttpStatusCode.TooManyRequests)
                {
                    Interlocked.Increment(ref rejections);
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
    public async Task Join_FloodFromOneAddress_LeavesPlacesForOtherAddresses()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 8 });
        await CrowdAsync();
        for (var i = 1; i <= 6; i++)
        {
            using var joined = await JoinFromAsync($"198.51.100.{i}", meeting.MeetingId);
            Assert.Equal(HttpStatusCode.OK, joined.StatusCode);
            await CrowdAsync();
            await using var client = await TestClient.OpenAsync((await joined.Content.ReadFromJsonAsync<JoinResponse>())!);
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
    public async Task Join_FloodFromOneAddress_ThrottlesOnlyThatAddressAndMeeting()
    {
        var (meeting, other) = (await Signaling.CreateAsync(new { maxParticipants = 1 }), await Signaling.CreateAsync());
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");

        // The meeting is full, so requests are cheap. The limit per meeting is lower than the limit of one address for all meetings.
        Assert.InRange(await Flood.CountAcceptedAsync(_ => JoinFromAsync("203.0.113.7", meeting.MeetingId)), 200, 499);

        using var elsewhere = await JoinFromAsync("203.0.113.7", other.MeetingId);
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
        using var fromElsewhere = await JoinFromAsync("203.0.113.8", meeting.MeetingId);
        Assert.Equal(HttpStatusCode.Conflict, fromElsewhere.StatusCode);
    }

    [Fact]
    public async Task Join_FloodFromManyAddresses_ThrottlesOnlyThatMeeting()
    {
        var (meeting, other) = (await Signaling.CreateAsync(new { maxParticipants = 1 }), await Signaling.CreateAsync());
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");

        Assert.InRange(await Flood.CountAcceptedAsync(i => JoinFromAsync($"10.0.{i >> 8}.{i & 255}", meeting.MeetingId)), 1_000, 4_999);

        using var elsewhere = await JoinFromAsync("203.0.113.10", other.MeetingId);
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
    }

    [Fact]
    public async Task Get_FloodFromOneAddress_ThrottlesOnlyThatAddressAndMeeting()
    {
        var (meeting, other) = (await Signaling.CreateAsync(), await Signaling.CreateAsync());

        Assert.InRange(await Flood.CountAcceptedAsync(_ => SendFromAsync("203.0.113.11", HttpMethod.Get, $"meetings/{meeting.MeetingId}")), 500, 4_999);

        using var elsewhere = await SendFromAsync("203.0.113.11", HttpMethod.Get, $"meetings/{other.MeetingId}");
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
        using var fromElsewhere = await SendFromAsync("203.0.113.12", HttpMethod.Get, $"meetings/{meeting.MeetingId}");
        Assert.Equal(HttpStatusCode.OK, fromElsewhere.StatusCode);
    }

    [Fact]
    public async Task Join_HostWithLostConnection_SucceedsWithHostToken()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 1 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var host = await Signaling.EnterAsync(meeting.MeetingId, "Host", meeting.HostToken);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == host.Id);
        host.Abort();

        await Eventually.TrueAsync(
            async () => (await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Host" }, meeting.HostToken)).IsSuccessStatusCode,
            "the host can join again");
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
