using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>Quality reports of clients, over the socket, the REST API and the metrics page.</summary>
public sealed class QualityTests : IAsyncLifetime
{
    private const string GlobexKey = "globex-key-0123456789abcdef0123456789";

    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        await _cluster.AddTenantAsync("globex", "meet-globex", apiKey: GlobexKey);
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { Timings = Quick(options.Timings) });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Report_OfMember_IsListedForHostDuringAndAfterMeeting()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");
        Assert.True((bool)ann.OfType("joined")[0]["capabilities"]!["quality"]!);

        await ann.SendAsync(Report(40, 620, Track(bob.Id, "poor"), Track("nobody", "good")));

        var listed = await ExpectAsync(meeting, 1);
        Assert.Equal((ann.Id, "Ann", 40d, 620d), ((string?)listed["participantId"], (string?)listed["displayName"], (double)listed["rttMs"]!, (double)listed["firstFrameMs"]!));
        var track = Assert.Single(listed["tracks"]!.AsArray());
        Assert.Equal((bob.Id, "camera", "poor", 1d), ((string?)track!["participantId"], (string?)track["source"], (string?)track["quality"], (double)track["average"]!["poor"]!));

        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await ann.ExpectCloseAsync();
        Assert.Equal(ann.Id, (string?)(await ExpectAsync(meeting, 1))["participantId"]);
    }

    [Fact]
    public async Task Report_ByLastMember_IsStoredWhenItLeaves()
    {
        await using var slow = await TestSignaling.StartAsync(_cluster, options => options with { Timings = options.Timings with { QualityWriteInterval = TimeSpan.FromHours(1) } });
        var meeting = await slow.CreateAsync();
        await using var ann = await slow.EnterAsync(meeting.MeetingId, "Ann");
        await ann.SendAsync(Report(40, null));
        await ann.SendAsync(new { type = "leave" });
        await Eventually.TrueAsync(
            async () => (await ListAsync(slow, meeting.MeetingId, meeting.HostToken)).Count == 1, "the report is stored");
    }

    [Fact]
    public async Task Reports_FasterThanAllowed_DoNotCount()
    {
        await using var strict = await TestSignaling.StartAsync(_cluster, options => options with { Timings = Quick(options.Timings) with { QualityReportInterval = TimeSpan.FromHours(1) } });
        var meeting = await strict.CreateAsync();
        await using var ann = await strict.EnterAsync(meeting.MeetingId, "Ann");
        for (var rtt = 1; rtt <= 20; rtt++)
        {
            await ann.SendAsync(Report(rtt, null));
        }

        JsonArray listed = [];
        await Eventually.TrueAsync(async () => (listed = await ListAsync(strict, meeting.MeetingId, meeting.HostToken)).Count == 1, "the report is stored");
        Assert.Equal((1d, 1L), ((double)listed[0]!["rttMs"]!, (long)listed[0]!["reports"]!));
        Assert.Empty(ann.OfType("error"));
    }

    [Fact]
    public Task List_ByParticipantsAndOtherTenants_IsRefusedWithoutRevealingTheMeeting() =>
        HostOnly.IsHiddenFromOthersAsync(_signaling, "/quality", GlobexKey);

    [Fact]
    public async Task List_ByApiKeyOfTenant_IsAnswered()
    {
        using var response = await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, GlobexKey);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        var id = (string)JsonNode.Parse(text)!["meetingId"]!;
        Assert.Empty(await ListAsync(_signaling, id, GlobexKey));
    }

    [Fact]
    public async Task Metrics_AfterReport_HaveHistogramsWithoutLabelsOfMeetings()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ann.SendAsync(Report(40, 620, Track("p-9", "good")));

        var metrics = string.Empty;
        await Eventually.TrueAsync(
            async () => (metrics = await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics"))).Contains("meet_signaling_client_frozen_ratio_count 1", StringComparison.Ordinal),
            "the last figure of the report is counted");
        Assert.Contains("meet_signaling_client_first_frame_seconds_count{path=\"unknown\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_signaling_client_round_trip_seconds_bucket{le=\"0.05\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_signaling_client_round_trip_seconds_bucket{le=\"0.025\"} 0", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_signaling_client_loss_ratio_count 1", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_signaling_client_jitter_seconds_count 1", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(ann.Id, metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(meeting.MeetingId, metrics, StringComparison.Ordinal);
    }

    internal static object Report(double? rtt, double? firstFrame, params object[] tracks) =>
        new { type = "quality", rttMs = rtt, sendLoss = 0, receiveLoss = 0.02, sendKbps = 900, receiveKbps = 1_500, firstFrameMs = firstFrame, tracks };

    internal static object Track(string participantId, string quality) =>
        new { participantId, source = "camera", quality, kbps = 700, loss = 0.02, jitterMs = 12, frozen = 0.1, fps = 30, height = 360 };

    internal static async Task<JsonArray> ListAsync(TestSignaling server, string meetingId, string bearer)
    {
        using var response = await server.SendAsync(HttpMethod.Get, $"meetings/{meetingId}/quality", bearer: bearer);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["participants"]!.AsArray();
    }

    internal static SignalingTimings Quick(SignalingTimings timings) => timings with { QualityReportInterval = TimeSpan.Zero, QualityWriteInterval = TimeSpan.Zero, TickInterval = TimeSpan.FromMilliseconds(200) };

    private async Task<JsonNode> ExpectAsync(CreateMeetingResponse meeting, int count)
    {
        JsonArray listed = [];
        await Eventually.TrueAsync(async () => (listed = await ListAsync(_signaling, meeting.MeetingId, meeting.HostToken)).Count == count, $"{count} participants are listed");
        return listed[0]!;
    }
}
