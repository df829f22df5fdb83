using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Surveys;

/// <summary>The question about the call: who is asked, who can answer and until when, and who reads the answers.</summary>
public sealed class SurveyTests : IAsyncLifetime
{
    private const string GlobexKey = "globex-key-0123456789abcdef0123456789";

    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.SetSurveyAsync(true);
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
    public async Task Answers_OfMembers_AreReadableForHostWithAverage()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.True((bool)ann.OfType("joined")[0]["survey"]!);
        const string text = "<img src=x onerror=alert(1)>";
        await Answers.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, 2, text);
        await Answers.StoreAsync(_signaling, meeting.MeetingId, bob.Join.Ticket, 5);

        var listed = await Answers.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken);
        Assert.Equal((2L, 3.5), ((long)listed["survey"]!["count"]!, (double)listed["survey"]!["average"]!));
        Assert.Equal([0L, 1, 0, 0, 1], listed["survey"]!["ratings"]!.AsArray().Select(count => (long)count!));
        var one = listed["answers"]!.AsArray().Single(answer => (string?)answer!["participantId"] == ann.Id)!;
        Assert.Equal(("Ann", 2, text), ((string?)one["displayName"], (int)one["rating"]!, (string?)one["text"]));
        var quality = await Answers.GetAsync(_signaling, $"meetings/{meeting.MeetingId}/quality", meeting.HostToken);
        Assert.Equal(3.5, (double)quality["survey"]!["average"]!);
    }

    [Fact]
    public async Task SecondAnswer_OfParticipant_ReplacesFirst()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Answers.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, 1, "bad");
        await Answers.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, 4);
        await Answers.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, 4);
        var one = Assert.Single((await Answers.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken))["answers"]!.AsArray())!;
        Assert.Equal((4, null), ((int)one["rating"]!, (string?)one["text"]));

        // Only the first answer of a participant counts in the metrics, so answering again does not change them.
        var metrics = await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics"));
        Assert.Contains("\nmeet_signaling_survey_rating_count 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nmeet_signaling_survey_rating_bucket{le=\"1\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ShortlyAfterTheEnd_IsStoredAlsoAfterARestart()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await EndAsync(meeting.MeetingId, meeting.HostToken);
        await Answers.StoreAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, 3);

        await using var restarted = await TestSignaling.StartAsync(_cluster, options => options with { Database = _signaling.Options.Database, SigningKeys = _signaling.Options.SigningKeys });
        await Answers.StoreAsync(restarted, meeting.MeetingId, bob.Join.Ticket, 5);
        Assert.Equal(4d, (double)(await Answers.ListAsync(restarted, meeting.MeetingId, meeting.HostToken))["survey"]!["average"]!);
    }

    [Theory]
    [InlineData(14, HttpStatusCode.NoContent)]
    [InlineData(16, HttpStatusCode.Gone)]
    public async Task Answer_MinutesAfterTheEnd_IsStoredUntilAQuarterOfAnHour(int minutes, HttpStatusCode expected)
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await _signaling.Service<IMeetingRepository>().CloseAsync(TestCluster.Tenant, meeting.MeetingId, (DateTimeOffset.UtcNow - TimeSpan.FromMinutes(minutes)).ToUnixTimeMilliseconds(), default);
        using var response = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new { rating = 3 });
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.NoContent ? 1L : 0L, (long)(await Answers.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken))["survey"]!["count"]!);
    }

    [Fact]
    public async Task Answer_OfTenantWithoutSurvey_IsRefusedAndNobodyIsAsked()
    {
        await _cluster.SetSurveyAsync(false);
        await Eventually.TrueAsync(() => Task.FromResult(_signaling.Service<MeetingDirectory>().FindTenant(TestCluster.Tenant)!.Spec.Survey.Enabled == false), "the server has the change");
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Null(ann.OfType("joined")[0]["survey"]);
        using var response = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new { rating = 3 });
        await Problem.IsAsync(response, HttpStatusCode.Forbidden, "forbidden");
        var listed = await Answers.ListAsync(_signaling, meeting.MeetingId, meeting.HostToken);
        Assert.Equal((0L, null), ((long)listed["survey"]!["count"]!, (double?)listed["survey"]!["average"]));
    }

    [Theory]
    [InlineData("rating", "{}")]
    [InlineData("rating", """{"rating":0}""")]
    [InlineData("rating", """{"rating":6}""")]
    [InlineData("rating", """{"rating":"5"}""")]
    [InlineData("rating", """{"rating":4.5}""")]
    [InlineData("rating", """{"rating":1,"rating":5}""")]
    [InlineData("text", """{"rating":5,"text":""}""")]
    [InlineData("text", """{"rating":5,"text":"a\u0000b"}""")]
    [InlineData("text", """{"rating":5,"text":["a"]}""")]
    [InlineData("participantId", """{"rating":5,"participantId":"p-1"}""")]
    [InlineData("body", "[[[[[[[[[[")]
    [InlineData("body", "null")]
    public async Task Answer_Invalid_IsRefusedWithFieldName(string field, string body)
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        using var response = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new StringContent(body, Encoding.UTF8, "application/json"));
        var problem = await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        Assert.True(body == "null" || problem["errors"]!.AsObject().Single().Key == field, problem.ToJsonString());
    }

    [Fact]
    public async Task Answer_TooLongOrTooLarge_IsRefused()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        using var tooLong = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new { rating = 5, text = new string('x', 1_001) });
        await Problem.IsAsync(tooLong, HttpStatusCode.BadRequest, "invalid-request");
        using var tooLarge = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new { rating = 5, text = new string('x', 100_000) });
        await Problem.IsAsync(tooLarge, HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
    }

    [Fact]
    public async Task Answer_ByOthersThanAMember_IsRefused()
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
            using var response = await Answers.SendAsync(_signaling, meeting.MeetingId, bearer, new { rating = 1 });
            await Problem.IsAsync(response, status, code);
        }

        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{ann.Id}", bearer: meeting.HostToken);
        using var removed = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new { rating = 1 });
        await Problem.IsAsync(removed, HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Answers_FasterThanAllowed_AreRefused()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++)
        {
            using var response = await Answers.SendAsync(_signaling, meeting.MeetingId, ann.Join.Ticket, new { rating = 1 });
            statuses.Add(response.StatusCode);
        }

        Assert.All(statuses.Take(10), status => Assert.Equal(HttpStatusCode.NoContent, status));
        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
    }

    [Fact]
    public Task List_ByParticipantsAndOtherTenants_IsRefusedWithoutRevealingTheMeeting() =>
        HostOnly.IsHiddenFromOthersAsync(_signaling, "/quality/survey", GlobexKey);

    [Fact]
    public async Task List_ByApiKeyOfTenant_IsAnswered()
    {
        using var response = await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, GlobexKey);
        var id = (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["meetingId"]!;
        Assert.Empty((await Answers.ListAsync(_signaling, id, GlobexKey))["answers"]!.AsArray());
    }

    private async Task EndAsync(string meetingId, string hostToken)
    {
        using var response = await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meetingId}", bearer: hostToken);
        Assert.True(response.IsSuccessStatusCode);
        await Eventually.TrueAsync(() => Task.FromResult(_signaling.Service<MeetingDirectory>().Find(meetingId)?.IsEnded != false), "the meeting has ended");
    }
}
