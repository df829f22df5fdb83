using System.Net;
using System.Text;
using System.Text.Json;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class TermFenceTests : IAsyncLifetime
{
    private static readonly string[] Changes = ["PUT v1/rooms/r", "DELETE v1/rooms/r?generation=9", "POST v1/node/drain", "POST v1/node/call", "PUT v1/node/credentials"];
    private readonly AdvancedClock _clock = new();
    private TestNode _node = null!;

    public async Task InitializeAsync() => _node = await TestNode.StartAsync(clock: _clock);

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Change_WithOlderTerm_IsRejectedAndHasNoEffect()
    {
        await OkAsync("PUT v1/rooms/r", "7");
        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default);
        await OkAsync("GET v1/node", "8");

        foreach (var change in Changes)
        {
            await AssertProblemAsync(change, "7", "stale-term", HttpStatusCode.Conflict);
        }

        var report = await _node.Control.GetNodeAsync(default);
        Assert.Equal((NodeState.Ready, 8L), (report.State, report.Term));
        Assert.Equal((1, 1L), (Assert.Single(report.Rooms).Participants, report.Rooms[0].Generation));
        await OkAsync("DELETE v1/rooms/r?generation=9", "8");
    }

    [Fact]
    public async Task Poll_WithOlderTerm_ReturnsTheNewerTerm()
    {
        await OkAsync("GET v1/node", "8");
        using var answer = await SendAsync("GET v1/node", "3");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(8, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("term").GetInt64());
    }

    [Fact]
    public async Task Change_WithoutTerm_IsAcceptedUntilATermArrives()
    {
        // During an upgrade, a node of the new version must still accept the old operator, which sends no terms.
        Assert.Null((await _node.Control.GetNodeAsync(default)).Term);
        await OkAsync("PUT v1/rooms/r", null);
        await OkAsync("GET v1/node", "0");

        foreach (var change in Changes)
        {
            await AssertProblemAsync(change, null, "stale-term", HttpStatusCode.Conflict);
        }

        await OkAsync("PUT v1/rooms/r", "0");
    }

    /// <summary>When the new replica crashes during an upgrade, the old one leads again without terms, and the node must accept it.</summary>
    [Fact]
    public async Task Change_WithoutTermForAMinute_IsAcceptedAgain()
    {
        await OkAsync("GET v1/node", "8");
        _clock.Advance(TimeSpan.FromSeconds(40));
        await OkAsync("GET v1/node", "8");
        _clock.Advance(TimeSpan.FromSeconds(40));
        await AssertProblemAsync("PUT v1/rooms/r", null, "stale-term", HttpStatusCode.Conflict);

        _clock.Advance(TimeSpan.FromSeconds(25));
        await OkAsync("PUT v1/rooms/r", null);
        await OkAsync("GET v1/node", null);
        await OkAsync("PUT v1/rooms/r", null);

        // Old terms stay rejected. After the first request of the next leader, requests without a term are rejected again.
        await AssertProblemAsync("PUT v1/rooms/r", "7", "stale-term", HttpStatusCode.Conflict);
        await OkAsync("GET v1/node", "9");
        await AssertProblemAsync("PUT v1/rooms/r", null, "stale-term", HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task DeleteRoom_OnlyIfEmpty_KeepsARoomWithParticipants()
    {
        await OkAsync("PUT v1/rooms/r", "1");
        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default);

        await AssertProblemAsync("DELETE v1/rooms/r?generation=9&onlyIfEmpty=true", "1", "not-empty", HttpStatusCode.Conflict);
        Assert.Equal((1, 1L), ((await _node.Control.GetRoomAsync("r", default)).Participants, (await _node.Control.GetRoomAsync("r", default)).Generation));

        await _node.Control.DeleteParticipantAsync("r", "p", default);
        await OkAsync("DELETE v1/rooms/r?generation=9&onlyIfEmpty=true", "1");
        Assert.Empty((await _node.Control.GetNodeAsync(default)).Rooms);
    }

    [Fact]
    public async Task Signaling_WithoutTerm_IsAlwaysAccepted()
    {
        await OkAsync("PUT v1/rooms/r", "8");

        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default);
        await _node.Control.SubscribeAsync("r", "p", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.DeleteParticipantAsync("r", "p", default);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("+5")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    [InlineData("five")]
    [InlineData("")]
    public async Task Change_WithInvalidTerm_Is400(string term)
    {
        foreach (var change in Changes)
        {
            await AssertProblemAsync(change, term, "invalid-request", HttpStatusCode.BadRequest);
        }

        Assert.Null((await _node.Control.GetNodeAsync(default)).Term);
    }

    private async Task OkAsync(string call, string? term)
    {
        using var answer = await SendAsync(call, term);
        Assert.True(answer.IsSuccessStatusCode, $"{call}: {await answer.Content.ReadAsStringAsync()}");
    }

    private async Task AssertProblemAsync(string call, string? term, string code, HttpStatusCode status)
    {
        using var answer = await SendAsync(call, term);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal($"urn:meetoperator:node:{code}", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("type").GetString());
    }

    private async Task<HttpResponseMessage> SendAsync(string call, string? term)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_node.Address, path));
        var body = path == "v1/node/credentials" ? """{"certificate": "c", "key": "k", "authorities": "a"}"""
            : method == "PUT" ? """{"generation": 1}"""
            : method == "POST" ? """{"drain": true}""" : null;
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (term is not null)
        {
            request.Headers.TryAddWithoutValidation(TermHeader.Name, term);
        }

        return await _node.Http.SendAsync(request);
    }

    /// <summary>The monotonic clock plus an adjustable offset.</summary>
    private sealed class AdvancedClock : TimeProvider
    {
        private long _ahead;

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
    }
}
