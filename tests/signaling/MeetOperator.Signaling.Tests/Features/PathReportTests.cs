using System.Text.Json.Nodes;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>The paths that clients report: in the REST API, and as metrics with fixed labels.</summary>
public sealed class PathReportTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;
    private CreateMeetingResponse _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { Timings = QualityTests.Quick(options.Timings) });
        _meeting = await _signaling.CreateAsync();
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Report_WithPath_IsListedWithItsReason()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await ann.SendAsync(Report("relay-tls", "direct-unanswered"));
        await ExpectListedAsync(ann.Id, "relay-tls", "direct-unanswered");

        await ann.SendAsync(Report("udp"));
        await ExpectListedAsync(ann.Id, "udp", null);
    }

    [Fact]
    public async Task Report_OfEarlierClient_IsListedWithoutPath()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await ann.SendAsync(QualityTests.Report(40, null));
        await ExpectListedAsync(ann.Id, null, null);
        Assert.DoesNotContain("meet_signaling_participants_by_path{", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_WithUnknownPath_IsRejectedAndNotCounted()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await ann.SendAsync(Report("pigeon"));
        Assert.Equal("bad-message", (string?)(await ann.ExpectAsync("error"))["code"]);
        Assert.DoesNotContain("pigeon", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OfPaths_FollowEachChange()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(_meeting.MeetingId, "Bob");
        await ann.SendAsync(Report("udp", null, firstFrame: 620, gathering: 15));
        await bob.SendAsync(Report("tcp", "udp-unanswered"));
        await ExpectPeopleAsync(("udp", 1), ("tcp", 1));

        await ann.SendAsync(Report("tcp", "udp-unanswered"));
        await ann.SendAsync(Report("tcp", "udp-unanswered"));
        await ExpectPeopleAsync(("udp", 0), ("tcp", 2));

        var metrics = await MetricsAsync();
        Assert.Contains("\nmeet_signaling_client_path_fallbacks_total{path=\"tcp\",reason=\"udp-unanswered\"} 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nmeet_signaling_client_first_frame_seconds_count{path=\"udp\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nmeet_signaling_client_gathering_seconds_count{path=\"udp\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(ann.Id, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OfFailures_AddUpReportsByPathAndReason()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(_meeting.MeetingId, "Bob");
        await ann.SendAsync(Report("relay-tls", failures: [new { path = "udp", reason = "unanswered", count = 2 }, new { path = "relay-udp", reason = "credentials", count = 1 }]));
        await bob.SendAsync(Report("tcp", failures: [new { path = "udp", reason = "unanswered", count = 1 }]));
        await ExpectPeopleAsync(("relay-tls", 1), ("tcp", 1));

        var metrics = await MetricsAsync();
        Assert.Contains("\nmeet_signaling_path_failures_total{path=\"udp\",reason=\"unanswered\"} 3\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nmeet_signaling_path_failures_total{path=\"relay-udp\",reason=\"credentials\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gauge_AfterLeaveAndLostSocket_GoesDown()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(_meeting.MeetingId, "Bob");
        await using var eve = await _signaling.EnterAsync(_meeting.MeetingId, "Eve");
        foreach (var person in new[] { ann, bob, eve })
        {
            await person.SendAsync(Report("udp"));
        }

        await ExpectPeopleAsync(("udp", 3));
        await ann.SendAsync(new { type = "leave" });
        await ExpectPeopleAsync(("udp", 2));
        await bob.DisposeAsync();
        await ExpectPeopleAsync(("udp", 1));
        await eve.SendAsync(new { type = "leave" });
        await ExpectPeopleAsync(("udp", 0));
    }

    [Fact]
    public async Task Gauge_AfterEndOfMeeting_GoesDown()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await ann.SendAsync(Report("relay-udp"));
        await ExpectPeopleAsync(("relay-udp", 1));
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{_meeting.MeetingId}", bearer: _meeting.HostToken);
        await ann.ExpectCloseAsync();
        await ExpectPeopleAsync(("relay-udp", 0));
    }

    [Fact]
    public async Task Gauge_AfterNewSocketOfParticipant_CountsItOnce()
    {
        await using var ann = await _signaling.EnterAsync(_meeting.MeetingId, "Ann");
        await ann.SendAsync(Report("udp"));
        await ExpectPeopleAsync(("udp", 1));
        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync();
        await again.SendAsync(Report("tcp"));
        await ExpectPeopleAsync(("udp", 0), ("tcp", 1));
    }

    [Fact]
    public async Task Reports_OfThousandChangesAtOnce_ArePaced()
    {
        await using var strict = await TestSignaling.StartAsync(_cluster, options => options with { Timings = QualityTests.Quick(options.Timings) with { QualityReportInterval = TimeSpan.FromHours(1) } });
        var meeting = await strict.CreateAsync();
        await using var attacker = await strict.EnterAsync(meeting.MeetingId, "Mallory");
        string[] paths = ["tcp", "udp", "relay-udp", "relay-tcp", "relay-tls", "p2p"];
        for (var report = 0; report < 1_000; report++)
        {
            await attacker.SendAsync(Report(paths[report % paths.Length], "udp-unanswered", failures: [new { path = "udp", reason = "unanswered", count = 64 }]));
        }

        Assert.Equal(CloseCode.Rejected, await attacker.ExpectCloseAsync());
        string[] lines = [];
        await Eventually.TrueAsync(async () => (lines = (await MetricsAsync(strict)).Split('\n')).Contains("meet_signaling_participants_by_path{path=\"tcp\"} 0"), "the first report counted, until the attacker was gone");
        Assert.Single(lines, line => line.StartsWith("meet_signaling_participants_by_path{", StringComparison.Ordinal));
        Assert.Contains("meet_signaling_path_failures_total{path=\"udp\",reason=\"unanswered\"} 64", lines);
        Assert.Equal("meet_signaling_client_path_fallbacks_total{path=\"tcp\",reason=\"udp-unanswered\"} 1", Assert.Single(lines, line => line.StartsWith("meet_signaling_client_path_fallbacks_total{", StringComparison.Ordinal)));
    }

    private static object Report(string path, string? reason = null, double? firstFrame = null, double? gathering = null, object[]? failures = null) => new
    {
        type = "quality", rttMs = 40, sendLoss = 0, receiveLoss = 0, sendKbps = 900, receiveKbps = 1_500, firstFrameMs = firstFrame, gatheringMs = gathering, path, pathReason = reason, pathFailures = failures, tracks = Array.Empty<object>(),
    };

    private async Task ExpectListedAsync(string participantId, string? path, string? reason)
    {
        JsonNode? line = null;
        await Eventually.TrueAsync(
            async () => (line = (await QualityTests.ListAsync(_signaling, _meeting.MeetingId, _meeting.HostToken)).SingleOrDefault(one => (string?)one!["participantId"] == participantId)) is not null
                && (string?)line["path"] == path,
            $"the path '{path}' is listed");
        Assert.Equal(reason, (string?)line!["pathReason"]);
    }

    private Task ExpectPeopleAsync(params (string Path, int Count)[] people) => Eventually.TrueAsync(
        async () =>
        {
            var lines = (await MetricsAsync()).Split('\n');
            return people.All(one => lines.Contains($"meet_signaling_participants_by_path{{path=\"{one.Path}\"}} {one.Count}"));
        },
        $"people by path are {string.Join(", ", people)}");

    private Task<string> MetricsAsync() => MetricsAsync(_signaling);

    private static Task<string> MetricsAsync(TestSignaling signaling) => signaling.Http.GetStringAsync(new Uri(signaling.Metrics, "metrics"));
}
