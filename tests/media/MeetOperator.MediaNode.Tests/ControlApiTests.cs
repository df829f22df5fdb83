using System.Net;
using System.Text;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class ControlApiTests : IAsyncLifetime
{
    private TestNode _node = null!;

    public async Task InitializeAsync() => _node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task PutParticipant_Region_IsCountedUntilItChangesOrTheParticipantLeaves()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        foreach (var (participant, region) in new[] { ("a", "south"), ("b", "south"), ("c", "north"), ("d", null), ("a", null) })
        {
            await _node.Control.PutParticipantAsync("r", participant, new ParticipantSpec { Generation = 1, Region = region }, default);
        }

        Assert.Equal([("north", 1), ("south", 2)], await RegionsAsync());
        await _node.Control.PutParticipantAsync("r", "b", new ParticipantSpec { Generation = 1, Region = "north" }, default);
        await _node.Control.DeleteParticipantAsync("r", "a", default);
        Assert.Equal([("north", 2)], await RegionsAsync());
        foreach (var bad in new[] { "", "north\n", new string('x', ParticipantSpec.MaxRegionLength + 1) })
        {
            await AssertProblemAsync("invalid-request", HttpStatusCode.BadRequest, () => _node.Control.PutParticipantAsync("r", "e", new ParticipantSpec { Generation = 1, Region = bad }, default));
        }

        async Task<(string, int)[]> RegionsAsync() => [.. (await _node.Control.GetRoomAsync("r", default)).Regions.OrderBy(region => region.Key).Select(region => (region.Key, region.Value))];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(SubscribeRequest.MaxLineKbps + 1)]
    public async Task Subscribe_ImpossibleLine_IsRejected(int kbps)
    {
        await _node.Control.PutRoomAsync("line", new RoomSpec { Generation = 1 }, default);

        await AssertProblemAsync("invalid-request", HttpStatusCode.BadRequest, () => _node.Control.SubscribeAsync("line", "a", new SubscribeRequest { Generation = 1, LineKbps = kbps }, default));
    }

    [Fact]
    public async Task PutParticipant_ManyRegions_ReportIsBounded()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        for (var i = 0; i < 40; i++)
        {
            await _node.Control.PutParticipantAsync("r", $"p{i}", new ParticipantSpec { Generation = 1, Region = $"region-{i}" }, default);
        }

        var report = await _node.Control.GetRoomAsync("r", default);
        Assert.Equal((40, 32), (report.Participants, report.Regions.Count));
    }

    [Fact]
    public async Task PutRoom_Twice_IsIdempotent()
    {
        var first = await SendAsync(HttpMethod.Put, "v1/rooms/r", """{"generation": 3, "future": {"unknown": [1]}}""");
        var second = await SendAsync(HttpMethod.Put, "v1/rooms/r", """{"generation": 3}""");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal(3, (await _node.Control.GetRoomAsync("r", default)).Generation);
    }

    [Fact]
    public async Task Mutation_OlderGeneration_IsRejectedAndNewerIsAdopted()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 5 }, default);

        await AssertProblemAsync("stale-generation", HttpStatusCode.Conflict, () => _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 4 }, default));
        await AssertProblemAsync("stale-generation", HttpStatusCode.Conflict, () => _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 4 }, default));
        await AssertProblemAsync("stale-generation", HttpStatusCode.Conflict, () => _node.Control.DeleteRoomAsync("r", 4, default));
        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 6 }, default);

        Assert.Equal(6, (await _node.Control.GetRoomAsync("r", default)).Generation);
        await AssertProblemAsync("stale-generation", HttpStatusCode.Conflict, () => _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 5 }, default));
    }

    /// <summary>A late removal from a room that the meeting has left must not affect its next room.</summary>
    [Fact]
    public async Task DeleteParticipant_OlderGeneration_IsRejected()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 5 }, default);
        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 5 }, default);

        await AssertProblemAsync("stale-generation", HttpStatusCode.Conflict, () => _node.Control.DeleteParticipantAsync("r", "p", default, generation: 4));
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Delete, "v1/rooms/r/participants/p?generation=x", string.Empty)).StatusCode);
        Assert.Equal(1, (await _node.Control.GetRoomAsync("r", default)).Participants);

        await _node.Control.DeleteParticipantAsync("r", "p", default, generation: 5);
        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).Participants);
    }

    /// <summary>Calls that signaling sent before a host removed the participant may arrive afterwards. They must not add it again.</summary>
    [Fact]
    public async Task ExcludeParticipant_LaterCalls_AreRejected()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default);
        using var peer = new SyntheticPeer();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var events = _node.Control.WatchRoomAsync("r", limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await events.MoveNextAsync());

        await _node.Control.ExcludeParticipantAsync("r", "p", default);
        await _node.Control.ExcludeParticipantAsync("r", "not-there-yet", default);

        Assert.True(await events.MoveNextAsync());
        Assert.Equal((RoomEventTypes.ParticipantLeft, "p", "removed"), (events.Current.Type, events.Current.ParticipantId, events.Current.Reason));
        foreach (var participant in new[] { "p", "not-there-yet" })
        {
            Task RejectedAsync(Func<Task> call) => AssertProblemAsync("participant-removed", HttpStatusCode.Gone, call);
            await RejectedAsync(() => _node.Control.PutParticipantAsync("r", participant, new ParticipantSpec { Generation = 2 }, default));
            await RejectedAsync(() => _node.Control.PublishAsync("r", participant, new SdpOffer { Generation = 2, Sdp = TestSdp.Publish(peer) }, default));
            await RejectedAsync(() => _node.Control.SubscribeAsync("r", participant, new SubscribeRequest { Generation = 2, Restart = true }, default));
            await RejectedAsync(() => _node.Control.PlayAsync("r", participant, new PlayRequest { Generation = 2, Sdp = TestSdp.Play(peer) }, default));
        }

        await _node.Control.PutParticipantAsync("r", "other", new ParticipantSpec { Generation = 2 }, default);
        Assert.Equal(1, (await _node.Control.GetRoomAsync("r", default)).Participants);
    }

    [Fact]
    public async Task Drain_WithRooms_RejectsNewRoomsAndIsReversible()
    {
        await _node.Control.PutRoomAsync("old", new RoomSpec { Generation = 1 }, default);
        await _node.Control.DrainAsync(true, default);

        Assert.Equal(NodeState.Draining, (await _node.Control.GetNodeAsync(default)).State);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _node.Http.GetAsync(new Uri(_node.Address, "readyz"))).StatusCode);
        await AssertProblemAsync("draining", HttpStatusCode.ServiceUnavailable, () => _node.Control.PutRoomAsync("new", new RoomSpec { Generation = 1 }, default));
        await _node.Control.PutRoomAsync("old", new RoomSpec { Generation = 2 }, default);

        await _node.Control.DrainAsync(false, default);
        await _node.Control.PutRoomAsync("new", new RoomSpec { Generation = 1 }, default);
        Assert.Equal(HttpStatusCode.OK, (await _node.Http.GetAsync(new Uri(_node.Address, "readyz"))).StatusCode);
    }

    [Fact]
    public async Task PutParticipant_NodeIsFull_IsRejectedInEachRoom()
    {
        await using var node = await TestNode.StartAsync(o => o with { MaxParticipants = 2 });
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await node.Control.PutRoomAsync("s", new RoomSpec { Generation = 1 }, default);
        await node.Control.PutParticipantAsync("r", "a", new ParticipantSpec { Generation = 1 }, default);
        await node.Control.PutParticipantAsync("s", "b", new ParticipantSpec { Generation = 1 }, default);

        await AssertProblemAsync("full", HttpStatusCode.ServiceUnavailable, () => node.Control.PutParticipantAsync("r", "c", new ParticipantSpec { Generation = 1 }, default));
        await AssertProblemAsync("full", HttpStatusCode.ServiceUnavailable, () => node.Control.PutParticipantAsync("s", "c", new ParticipantSpec { Generation = 1 }, default));
        await AssertProblemAsync("full", HttpStatusCode.ServiceUnavailable, () => node.Control.PutRoomAsync("t", new RoomSpec { Generation = 1 }, default));
        await node.Control.PutParticipantAsync("r", "a", new ParticipantSpec { Generation = 1 }, default); // is there already

        await node.Control.DeleteParticipantAsync("s", "b", default);
        await node.Control.PutParticipantAsync("r", "c", new ParticipantSpec { Generation = 1 }, default);
    }

    [Fact]
    public async Task PutParticipant_RoomAtParticipantLimit_IsRejected()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, MaxParticipants = 1 }, default);
        await _node.Control.PutParticipantAsync("r", "a", new ParticipantSpec { Generation = 1 }, default);
        await _node.Control.PutParticipantAsync("r", "a", new ParticipantSpec { Generation = 1 }, default);

        await AssertProblemAsync("room-full", HttpStatusCode.Conflict, () => _node.Control.PutParticipantAsync("r", "b", new ParticipantSpec { Generation = 1 }, default));
    }

    [Fact]
    public async Task Delete_UnknownRoomOrParticipant_Succeeds()
    {
        await _node.Control.DeleteRoomAsync("nowhere", 1, default);
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await _node.Control.DeleteParticipantAsync("r", "nobody", default);
        await _node.Control.DeleteSessionAsync("r", "none", default);
        await _node.Control.DeleteRoomAsync("r", 1, default);

        await AssertProblemAsync("unknown-room", HttpStatusCode.NotFound, () => _node.Control.GetRoomAsync("r", default));
    }

    [Theory]
    [InlineData("PUT", "v1/rooms/r", "{", "at $")]
    [InlineData("PUT", "v1/rooms/r", "null", "null")]
    [InlineData("PUT", "v1/rooms/r", "{}", "generation")]
    [InlineData("PUT", "v1/rooms/r", """{"generation": "x"}""", "$.generation")]
    [InlineData("PUT", "v1/rooms/r", """{"generation": 1, "maxParticipants": 0}""", "maxParticipants")]
    [InlineData("PUT", "v1/rooms/a%20b", """{"generation": 1}""", "room ID")]
    [InlineData("DELETE", "v1/rooms/r", null, "generation")]
    [InlineData("POST", "v1/node/drain", "[]", "at $")]
    public async Task Request_InvalidInput_Is400AndNamesTheField(string method, string path, string? body, string named)
    {
        using var answer = await SendAsync(new HttpMethod(method), path, body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await answer.Content.ReadAsStringAsync();
        Assert.Contains("urn:meetoperator:node:invalid-request", problem, StringComparison.Ordinal);
        Assert.Contains(named, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_UnusableSdp_IsRejectedWithTheReason()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        Task<SdpAnswer> Publish(string sdp) => _node.Control.PublishAsync("r", "p", new SdpOffer { Generation = 1, Sdp = sdp }, default);

        Assert.Contains("line 2", (await AssertProblemAsync("invalid-sdp", HttpStatusCode.BadRequest, () => Publish("v=0\r\nnonsense"))).Message, StringComparison.Ordinal);
        await AssertProblemAsync("invalid-sdp", HttpStatusCode.BadRequest, () => Publish("v=0\r\n"));
        await AssertProblemAsync("payload-too-large", HttpStatusCode.RequestEntityTooLarge, () => Publish("v=0\r\n" + new string('a', 400_000)));
        await AssertProblemAsync("payload-too-large", HttpStatusCode.RequestEntityTooLarge, () => Publish(new string('a', 2_000_000)));
        await AssertProblemAsync("invalid-sdp", HttpStatusCode.BadRequest,
            () => _node.Control.PlayAsync("r", "p", new PlayRequest { Generation = 1, Sdp = "v=0\r\n" }, default));
        var report = await _node.Control.GetNodeAsync(default);
        Assert.Equal(0, report.UpTracks);
        Assert.Equal(0, report.Participants);
    }

    [Fact]
    public async Task Request_UnknownRoomOrParticipant_Is404()
    {
        await AssertProblemAsync("unknown-room", HttpStatusCode.NotFound, () => _node.Control.SubscribeAsync("nowhere", "p", new SubscribeRequest { Generation = 1 }, default));
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await AssertProblemAsync("unknown-participant", HttpStatusCode.NotFound, () => _node.Control.MuteAsync("r", "p", new TrackMuteRequest { Muted = new MuteState { Microphone = true } }, default));
        await _node.Control.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default);
        await AssertProblemAsync("unknown-session", HttpStatusCode.NotFound, () => _node.Control.AnswerAsync("r", "p", new SubscribeAnswer { Revision = 1, Sdp = "v=0" }, default));
    }

    [Fact]
    public async Task Metrics_OverHttp_AreInPrometheusFormat()
    {
        var text = await _node.Http.GetStringAsync(new Uri(_node.Address, "metrics"));

        Assert.Contains("meet_node_state{state=\"Ready\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE meet_loop_kernel_drops_total counter\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(@"^(# (HELP|TYPE) meet_\w+ .+|meet_\w+(\{[^}]+\})? -?[0-9.]+)$", line));
        Assert.Equal("ok", await _node.Http.GetStringAsync(new Uri(_node.Address, "healthz")));
    }

    private static async Task<NodeControlException> AssertProblemAsync(string code, HttpStatusCode status, Func<Task> call)
    {
        var problem = await Assert.ThrowsAsync<NodeControlException>(call);
        Assert.Equal((status, code), (problem.Status, problem.Code));
        return problem;
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body)
    {
        var request = new HttpRequestMessage(method, new Uri(_node.Address, path));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return _node.Http.SendAsync(request);
    }
}
