using System.Net;
using System.Net.Http.Json;
using System.Text;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

public sealed class CreateTests(CreateTests.Server server) : IClassFixture<CreateTests.Server>
{
    private const string AcmeKey = "acme-key-0123456789abcdef0123456789";

    private const string GoneKey = "gone-key-0123456789abcdef0123456789";

    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) => options with { PublicUrl = new Uri("http://meet.example") };
    }

    [Fact]
    public async Task Create_ValidRequest_CreatesObjectAndRow()
    {
        var response = await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new
        {
            title = "Planning",
            startTime = "2031-01-31T12:00:00Z",
            settings = new { maxParticipants = 12, mode = "Sfu", muteOnEntry = true, emptyTimeoutSeconds = 60, maxDurationMinutes = 90 },
        });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var answer = (await response.Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
        Assert.Equal($"/meetings/{answer.MeetingId}", response.Headers.Location?.ToString());
        Assert.Equal($"http://meet.example/m/{answer.MeetingId}", answer.JoinUrl);
        Assert.Equal(4, Guid.ParseExact(answer.MeetingId, "D").Version);

        var meeting = await server.Cluster.Client.GetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, answer.MeetingId), default);
        Assert.Equal("Planning", meeting.Spec.Title);
        Assert.Equal((12, MeetingMode.Sfu, true), (meeting.Spec.MaxParticipants, meeting.Spec.Mode, meeting.Spec.Access.MuteOnEntry));
        Assert.Equal((60, 90), (meeting.Spec.Lifecycle.EmptyTimeoutSeconds, meeting.Spec.Lifecycle.MaxDurationMinutes!.Value));
        Assert.Equal(TestCluster.Tenant, meeting.Metadata.Labels![MeetLabels.Tenant]);
        Assert.Equal(answer.MeetingId, meeting.Metadata.Labels[MeetLabels.Meeting]);
        var row = await server.Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, answer.MeetingId, default);
        Assert.Equal(new DateTimeOffset(2031, 1, 31, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), row!.StartTime);
        Assert.Contains("\"muteOnEntry\":true", row.Settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_TitleWithInvisibleCharacters_IsStoredWithoutThem()
    {
        var response = await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Pla\u200Bnning\u00AD" });
        var answer = (await response.Content.ReadFromJsonAsync<CreateMeetingResponse>())!;

        var meeting = await server.Cluster.Client.GetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, answer.MeetingId), default);
        Assert.Equal("Planning", meeting.Spec.Title);
    }

    [Fact]
    public async Task Create_WithTenantKey_CreatesInTenantNamespace()
    {
        await server.Cluster.AddTenantAsync("acme", "meet-acme", AcmeKey);
        CreateMeetingResponse? answer = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var response = await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Acme" }, AcmeKey);
                answer = response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<CreateMeetingResponse>() : null;
                return answer is not null;
            },
            "the API key of the new tenant is known");
        Assert.NotNull(await server.Cluster.Client.TryGetAsync<Meeting>(new NamespacedName("meet-acme", answer!.MeetingId), default));
        await Problem.IsAsync(await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "x" }, AcmeKey + "x"), HttpStatusCode.Unauthorized, "unauthorized");
        await Problem.IsAsync(await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "x" }, "short"), HttpStatusCode.Unauthorized, "unauthorized");
        await Problem.IsAsync(await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "x" }, answer.HostToken), HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Theory]
    [InlineData("Host", "rebound.evil.example")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    public async Task Create_RemoteCallerWithoutKey_ReturnsUnauthorized(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "meetings") { Content = JsonContent.Create(new { title = "x" }) };
        request.Headers.TryAddWithoutValidation(header, value);
        await Problem.IsAsync(await server.Signaling.Http.SendAsync(request), HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task Create_FromForeignOrigin_ReturnsForbidden()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "meetings") { Content = JsonContent.Create(new { title = "x" }) };
        request.Headers.Add("Origin", "https://evil.example");
        await Problem.IsAsync(await server.Signaling.Http.SendAsync(request), HttpStatusCode.Forbidden, "forbidden");
    }

    [Theory]
    [InlineData("{}", "title")]
    [InlineData("""{"title":""}""", "title")]
    [InlineData("""{"title":"two\nlines"}""", "title")]
    [InlineData("""{"title":5}""", "title")]
    [InlineData("""{"title":"x","settings":{"maxParticipants":0}}""", "settings.maxParticipants")]
    [InlineData("""{"title":"x","settings":{"maxParticipants":5001}}""", "settings.maxParticipants")]
    [InlineData("""{"title":"x","settings":{"maxParticipants":"5"}}""", "settings.maxParticipants")]
    [InlineData("""{"title":"x","settings":{"maxParticipants":1e308}}""", "settings.maxParticipants")]
    [InlineData("""{"title":"x","settings":{"mode":"P2P"}}""", "settings.maxParticipants")]
    [InlineData("""{"title":"x","settings":{"mode":"webinar"}}""", "settings.mode")]
    [InlineData("""{"title":"x","settings":{"emptyTimeoutSeconds":-1}}""", "settings.emptyTimeoutSeconds")]
    [InlineData("""{"title":"x","settings":{"maxDurationMinutes":0}}""", "settings.maxDurationMinutes")]
    [InlineData("""{"title":"x","settings":{"waitingRoom":true}}""", "settings.waitingRoom")]
    [InlineData("""{"title":"x","startTime":"tomorrow"}""", "startTime")]
    [InlineData("""{"title":"x","startTime":"9999-12-31T23:59:59Z"}""", "startTime")]
    [InlineData("""{"title":"x","startTime":"0001-01-01T00:00:00Z"}""", "startTime")]
    [InlineData("""{"title":"\u200b\u3164"}""", "title")]
    [InlineData("""{"title":"x","tenant":"acme"}""", "tenant")]
    [InlineData("""{"Title":"x"}""", "Title")]
    [InlineData("""{"title":"x","title":"y"}""", "title")]
    [InlineData("""{"title":"x","settings":{"a":{"b":{"c":{"d":{"e":{"f":{"g":{}}}}}}}}}""", "settings.a")]
    [InlineData("""{"title":"x" """, "body")]
    [InlineData("[]", "body")]
    [InlineData("null", null)]
    public async Task Create_InvalidBody_NamesField(string body, string? field)
    {
        var response = await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new StringContent(body, Encoding.UTF8, "application/json"));
        var problem = await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        if (field is not null)
        {
            Assert.Contains(field, problem["errors"]!.AsObject().Select(e => e.Key));
        }
    }

    [Fact]
    public async Task Create_StartTimeOutOfRange_CreatesNoMeeting()
    {
        var title = $"out of range {Guid.NewGuid():N}";
        await Problem.IsAsync(
            await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title, startTime = "9999-12-31T23:59:59Z" }), HttpStatusCode.BadRequest, "invalid-request");
        await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = $"{title}, corrected" });

        var titles = (await server.Cluster.Client.ListAsync<Meeting>(TestCluster.Namespace, null, default)).Items.Select(meeting => meeting.Spec.Title);
        Assert.Equal([$"{title}, corrected"], titles.Where(found => found!.StartsWith(title, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Create_OversizedBody_ReturnsPayloadTooLarge()
    {
        var big = Encoding.UTF8.GetBytes($$"""{"title":"{{new string('x', 70_000)}}"}""");
        var sized = new ByteArrayContent(big);
        sized.Headers.ContentType = new("application/json");
        await Problem.IsAsync(await server.Signaling.SendAsync(HttpMethod.Post, "meetings", sized), HttpStatusCode.RequestEntityTooLarge, "payload-too-large");

        using var chunked = new HttpRequestMessage(HttpMethod.Post, "meetings") { Content = new StreamContent(new MemoryStream(big)) };
        chunked.Content.Headers.ContentType = new("application/json");
        chunked.Headers.TransferEncodingChunked = true;
        await Problem.IsAsync(await server.Signaling.Http.SendAsync(chunked), HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
    }

    [Fact]
    public async Task Create_WrongMediaType_ReturnsUnsupportedMediaType() => await Problem.IsAsync(
        await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new StringContent("title=x", Encoding.UTF8, "application/x-www-form-urlencoded")),
        HttpStatusCode.UnsupportedMediaType,
        "unsupported-media-type");

    [Fact]
    public async Task Create_ApiServerRejects_LeavesNoRow()
    {
        var tenants = server.Cluster;
        await tenants.AddTenantAsync("gone", "meet-gone", GoneKey);
        await Eventually.TrueAsync(
            async () => (await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "x" }, GoneKey)).StatusCode == HttpStatusCode.Created,
            "the API key of the new tenant is known");
        await tenants.Client.DeleteAsync<MeetOperator.Kube.Core.Namespace>(new NamespacedName(null, "meet-gone"), default);
        var response = await server.Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "rejected meeting" }, GoneKey);
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
        await Eventually.TrueAsync(async () => await CountAsync("rejected meeting") == 0, "the row is deleted");
    }

    private async Task<long> CountAsync(string title)
    {
        await using var connection = await server.Signaling.Service<ISqlDatabase>().OpenAsync(default);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM meetings WHERE title = '{title}'";
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
