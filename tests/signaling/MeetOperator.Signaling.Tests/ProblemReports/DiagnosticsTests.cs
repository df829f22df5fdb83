using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;

namespace MeetOperator.Signaling.Tests.ProblemReports;

/// <summary>Reports about problems over the REST API, and what happens to callers that abuse it.</summary>
public sealed class DiagnosticsTests : IAsyncLifetime
{
    private const string GlobexKey = "globex-key-0123456789abcdef0123456789";

    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        await _cluster.AddTenantAsync("globex", "meet-globex", apiKey: GlobexKey);
        _signaling = await TestSignaling.StartAsync(_cluster);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Report_OfMember_IsReadableForHostDuringAndAfterMeeting()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        const string text = "<script>alert(1)</script> 'quoted' {{braces}}";

        var id = await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9", text: text));

        await ExpectAsync();
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await ann.ExpectCloseAsync();
        await ExpectAsync();

        async Task ExpectAsync()
        {
            var listed = Assert.Single(await Reports.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken))!;
            Assert.Equal((id, ann.Id, "Ann", text), ((string?)listed["reportId"], (string?)listed["participantId"], (string?)listed["displayName"], (string?)listed["text"]));
            Assert.Null(listed["statistics"]);
            using var response = await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/diagnostics/{id}", bearer: meeting.HostToken);
            var report = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            var sample = Assert.Single(report["statistics"]!.AsArray())!;
            Assert.Equal(("Chrome 142 on Linux", "loss-receiving", 0.1), ((string?)report["browser"], (string?)sample["hint"], (double)sample["receiveLoss"]!));
            Assert.Equal(("p-9", "camera", 360d), ((string?)sample["tracks"]![0]!["participantId"], (string?)sample["tracks"]![0]!["source"], (double)sample["tracks"]![0]!["height"]!));
        }
    }

    [Fact]
    public async Task Upload_RepeatedWithSameReference_IsStoredOnce()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        var first = await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9", text: "first"));
        Assert.Equal(first, await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9", text: "second")));

        // A reference belongs to its sender, so it tells nobody about reports of others.
        Assert.NotEqual(first, await Reports.StoreAsync(_signaling, meeting.MeetingId, bob.Join.Ticket, Reports.Of("p-9", text: "third")));
        Assert.Equal(["first", "third"], (await Reports.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken)).Select(one => (string?)one!["text"]));
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "consent", "null" }, { "consent", "false" }, { "consent", "\"true\"" },
        { "reference", "null" }, { "reference", "\"../x\"" }, { "reference", "\"\"" },
        { "text", "\"\"" }, { "text", "\"a\\u0000b\"" }, { "text", "7" },
        { "browser", "null" }, { "browser", "\"a\\nb\"" },
        { "statistics", "null" }, { "statistics", "{}" }, { "statistics[0]", "null" },
        { "statistics[0].ageMs", "-1" }, { "statistics[0].quality", "\"great\"" }, { "statistics[0].hint", "\"192.0.2.1\"" },
        { "statistics[0].rttMs", "1e300" }, { "statistics[0].receiveLoss", "1.1" }, { "statistics[0].sendKbps", "null" }, { "statistics[0].address", "\"192.0.2.1\"" },
        { "statistics[0].paths[0].type", "\"192.0.2.1\"" }, { "statistics[0].paths[0].protocol", "\"sctp\"" }, { "statistics[0].paths[0].direct", "null" },
        { "statistics[0].tracks[0].participantId", "\"p/1\"" }, { "statistics[0].tracks[0].source", "\"microphone-2\"" }, { "statistics[0].tracks[0].direction", "null" },
        { "statistics[0].tracks[0].codec", "\"2001:db8::1\"" }, { "statistics[0].tracks[0].layers", "[null]" }, { "statistics[0].tracks[0].limitation", "\"other\"" },
        { "statistics[0].tracks[0].label", "\"Built-in camera\"" }, { "statistics[0].tracks[0].frozen", "2" }, { "ipAddress", "\"192.0.2.1\"" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task Upload_InvalidField_IsRefusedWithItsName(string field, string value)
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        var body = Reports.Of("p-9");
        Set(body, field, JsonNode.Parse(value));
        using var response = await Reports.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, body);
        var problem = await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        Assert.Equal(field, Assert.Single(problem["errors"]!.AsObject()).Key);
        Assert.Empty(await Reports.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken));
    }

    [Fact]
    public async Task Upload_TooLargeOrNotJson_IsRefused()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        var full = Reports.Of("p-9");
        full["statistics"] = new JsonArray([.. Enumerable.Repeat(0, ProtocolLimits.MaxReportSamples).Select(_ => full["statistics"]![0]!.DeepClone())]);
        await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, full);

        foreach (var (content, status, code) in new (HttpContent, HttpStatusCode, string)[]
        {
            (new StringContent(new string(' ', ProtocolLimits.MaxReportBytes) + full, Encoding.UTF8, "application/json"), HttpStatusCode.RequestEntityTooLarge, "payload-too-large"),
            (new StringContent(full.ToJsonString(), Encoding.UTF8, "text/html"), HttpStatusCode.UnsupportedMediaType, "unsupported-media-type"),
        })
        {
            using var response = await Reports.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, content);
            await Problem.IsAsync(response, status, code);
        }

        // Each participant may send three at once.
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        foreach (var text in new[] { new string('[', 100_000), $"{{\"consent\":true,\"consent\":true}}", "{\"text\":\"\\ud800\"}" })
        {
            using var response = await Reports.SendAsync(_signaling, meeting.MeetingId, bob.Join.Ticket, new StringContent(text, Encoding.UTF8, "application/json"));
            await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        }
    }

    [Fact]
    public async Task Upload_ByOthersThanAMember_IsRefused()
    {
        var meeting = await _signaling.CreateAsync();
        var other = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var outsider = await _signaling.EnterAsync(other.MeetingId, "Eve");
        foreach (var (bearer, status, code) in new (string?, HttpStatusCode, string)[]
        {
            (null, HttpStatusCode.Unauthorized, "unauthorized"), ("wrong", HttpStatusCode.Unauthorized, "unauthorized"), (meeting.HostToken, HttpStatusCode.Forbidden, "forbidden"),
            (GlobexKey, HttpStatusCode.Unauthorized, "unauthorized"), (outsider.Join.Ticket, HttpStatusCode.Forbidden, "forbidden"),
        })
        {
            using var response = await Reports.SendAsync(_signaling, meeting.MeetingId, bearer, Reports.Of("p-9"));
            await Problem.IsAsync(response, status, code);
        }

        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{ann.Id}", bearer: meeting.HostToken);
        using var removed = await Reports.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9"));
        await Problem.IsAsync(removed, HttpStatusCode.Forbidden, "forbidden");
        Assert.Empty(await Reports.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken));
    }

    [Fact]
    public async Task Upload_AfterTheEnd_IsRefused()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await ann.ExpectCloseAsync();
        using var response = await Reports.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9"));
        await Problem.IsAsync(response, HttpStatusCode.Gone, "meeting-ended");
    }

    [Fact]
    public async Task Uploads_FasterThanAllowed_AreRefusedForThisParticipantOnly()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        for (var i = 0; i < 3; i++)
        {
            await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9", $"r-{i}"));
        }

        using var response = await Reports.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9", "r-4"));
        await Problem.IsAsync(response, HttpStatusCode.TooManyRequests, "quota-exceeded");
        Assert.Equal(TimeSpan.FromMinutes(1), response.Headers.RetryAfter?.Delta);
        await Reports.StoreAsync(_signaling, meeting.MeetingId, bob.Join.Ticket, Reports.Of("p-9"));
        Assert.Equal(4, (await Reports.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken)).Count);
    }

    /// <summary>Whoever joins again is another participant, who may send reports again. Others can still report.</summary>
    [Fact]
    public async Task Uploads_OfOneWhoJoinsAgainAndAgain_LeaveRoomForOthers()
    {
        await using var proxied = await TestSignaling.StartAsync(_cluster, options => options with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        var meeting = await proxied.CreateAsync();
        var statuses = new List<HttpStatusCode>();
        for (var join = 0; join < 8; join++)
        {
            await using var mallory = await proxied.EnterAsync(meeting.MeetingId, "Mallory");
            for (var i = 0; i < 3; i++)
            {
                using var response = await Reports.SendAsync(proxied, meeting.MeetingId, mallory.Join.Ticket, Reports.Of("p-9", $"r-{i}"));
                statuses.Add(response.StatusCode);
            }
        }

        Assert.Equal(20, statuses.Count(status => status == HttpStatusCode.Created));
        Assert.Equal(4, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
        await using var ann = await proxied.EnterAsync(meeting.MeetingId, "Ann");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"meetings/{meeting.MeetingId}/diagnostics") { Content = JsonContent.Create(Reports.Of("p-9")) };
        request.Headers.Authorization = new("Bearer", ann.Join.Ticket);
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        using var other = await proxied.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, other.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/any")]
    public Task Read_ByParticipantsAndOtherTenants_IsRefusedWithoutRevealingTheMeeting(string path) =>
        HostOnly.IsHiddenFromOthersAsync(_signaling, $"/diagnostics{path}", GlobexKey);

    [Fact]
    public async Task Read_ReportOfOtherMeetingOrUnknownOne_IsNotFound()
    {
        var meeting = await _signaling.CreateAsync();
        var other = await _signaling.CreateAsync();
        await using var eve = await _signaling.EnterAsync(other.MeetingId, "Eve");
        var foreign = await Reports.StoreAsync(_signaling, other.MeetingId, eve.Join.Ticket, Reports.Of("p-9"));
        foreach (var id in new[] { foreign, "unknown", new string('x', 4_000) })
        {
            using var response = await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/diagnostics/{id}", bearer: meeting.HostToken);
            await Problem.IsAsync(response, HttpStatusCode.NotFound, "unknown-report");
        }
    }

    [Fact]
    public async Task List_ByApiKeyOfTenant_IsAnswered()
    {
        using var response = await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, GlobexKey);
        var id = (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["meetingId"]!;
        Assert.Empty(await Reports.ListAsync(_signaling, id, GlobexKey));
    }

    [Fact]
    public async Task Metrics_AfterReport_CountItWithoutLabels()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9"));
        await Reports.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9"));
        Assert.Contains("\nmeet_signaling_problem_reports_total 1\n", await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics")), StringComparison.Ordinal);
    }

    private static void Set(JsonObject root, string field, JsonNode? value)
    {
        JsonNode node = root;
        var steps = field.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        foreach (var step in steps[..^1])
        {
            node = step[0] == '[' ? node[int.Parse(step[1..^1], System.Globalization.CultureInfo.InvariantCulture)]! : node[step]!;
        }

        if (steps[^1][0] == '[')
        {
            node.AsArray()[0] = value;
        }
        else
        {
            node[steps[^1]] = value;
        }
    }
}
