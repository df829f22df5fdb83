using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;
using Xunit.Abstractions;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>
/// The first media node of a meeting vanishes, or stands still, while calls to it are in progress. A call that nothing ends takes five minutes, so whoever waits for one fails the test.
/// </summary>
public sealed class VanishedNodeTests(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>Far less than a call that nothing ends, and enough for a busy machine.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly HoldableTime _time = new();
    private TestCluster _cluster = null!;
    private TcpForwarder _link = null!;
    private SimulatedMediaNode _first = null!;
    private SimulatedMediaNode _second = null!;
    private TestSignaling _signaling = null!;
    private CreateMeetingResponse _created = null!;
    private string _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _first = await _cluster.AddNodeAsync("default-aaaaa");
        _link = new TcpForwarder(new IPEndPoint(IPAddress.Loopback, _first.Address.Port));
        await _cluster.SetNodeAddressAsync("default-aaaaa", _link.SecureAddress);
        _signaling = await TestSignaling.StartAsync(
            _cluster,
            options => options with
            {
                Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(300), NodeCallTimeout = TimeSpan.FromMinutes(5), NodeReturnDelay = TimeSpan.FromSeconds(1) },
            },
            time: _time);
        _created = await _signaling.CreateAsync();
        _meeting = _created.MeetingId;
        await Eventually.TrueAsync(() => _first.Rooms().ContainsKey(_meeting), "the meeting is placed");
        _second = await _cluster.AddNodeAsync("default-bbbbb");
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _link.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Machine_Vanishes_MembersUseStandby()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await using var old = await EnterAsync("Old", moves: false);
        await OnAsync(_first, ann, old);

        var vanished = Stopwatch.GetTimestamp();
        _link.Vanish();
        await MuteAsync(ann);
        await MuteAsync(old);
        await GoneAsync();
        output.WriteLine($"found gone after {Stopwatch.GetElapsedTime(vanished).TotalSeconds:F1} s");

        var move = await ann.ExpectAsync("media-move", limit: Soon);
        Assert.Equal((2L, 0L), ((long)move["generation"]!, (long)move["deadline"]!));
        await old.ExpectAsync("media-restart", limit: Soon);
        await OnAsync(_second, ann, old);
        await using var bob = await EnterAsync("Bob");
        await OnAsync(_second, bob);
    }

    [Fact]
    public async Task Machine_VanishesAndReturns_MembersReturn()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        await MuteAsync(ann);
        await Eventually.TrueAsync(() => IsMuted() == true, "signaling knows the session", Soon);
        _link.Vanish();
        await ann.ExpectAsync("media-move", limit: Soon);
        await OnAsync(_second, ann);
        _first.RejectsRemovals = true;

        _link.Restore();

        await ann.ExpectAsync("media-move", m => (long)m["generation"]! == 1, limit: Soon);
        Assert.Equal(0, _first.RejectedDrops); // What the client still has there is not ended.
        await ann.SendAsync(new { type = "unmute", mediaType = "audio" });
        await Eventually.TrueAsync(() => IsMuted() == false, "calls reach the node again", Soon);

        bool? IsMuted() => _first.Read(_meeting, r => r.Participants.TryGetValue(ann.Id, out var known) ? known.IsMuted("microphone") : (bool?)null);
    }

    /// <summary>An idle connection that served a call is open. It says nothing of whether the node can be reached.</summary>
    [Fact]
    public async Task CallHangs_NodeIsFoundGone_CallEnds()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await using var bob = await EnterAsync("Bob");
        await OnAsync(_first, ann, bob);
        await HangAsync(() => MuteAsync(ann));
        await HangAsync(() => MuteAsync(bob));
        _first.Resume();
        await Eventually.TrueAsync(() => new[] { ann, bob }.All(member => _first.Read(_meeting, r => r.Participants[member.Id].IsMuted("microphone"))), "two connections are idle");
        await HangAsync(() => ann.SendAsync(new { type = "unmute", mediaType = "audio" }));

        FindGone();

        await ann.ExpectAsync("media-move", limit: Soon);
        await bob.ExpectAsync("media-move", limit: Soon);
        await OnAsync(_second, ann, bob);
    }

    [Fact]
    public async Task CallHangs_MeetingGivesUpRoom_CallEnds()
    {
        await AssignAsync(First(), Second(Edge));
        await using var ann = await EnterAsync("Ann");
        await using var old = await EnterAsync("Old", moves: false);
        await _cluster.AssignAsync(_meeting, First());
        await HangAsync(() => MuteAsync(ann));
        await HangAsync(() => MuteAsync(old));

        await AssignAsync(Second(Origin));

        await ann.ExpectAsync("media-restart", limit: Soon);
        await old.ExpectAsync("media-restart", limit: Soon);
        await OnAsync(_second, ann, old);
    }

    [Fact]
    public async Task StartHangs_NodeIsFoundGone_MemberStartsElsewhereWithoutAnError()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        TestClient? bob = null;
        await HangAsync(async () => bob = await EnterAsync("Bob"));
        await using var _ = bob!;

        FindGone();

        await OnAsync(_second, bob!);
        Assert.Empty(bob!.OfType("error"));
    }

    /// <summary>A second batch would wait for the clients of the first one, or for some time, which does not pass.</summary>
    [Fact]
    public async Task Members_OnNodeThatIsGone_MoveAtOnceWhenAnotherIsReady()
    {
        List<TestClient> members = [];
        for (var i = 0; i < 3 * MoveSchedule.BatchSize; i++)
        {
            members.Add(await EnterAsync($"P{i}"));
        }

        await OnAsync(_first, [.. members]);
        FindGone();
        await GoneAsync();
        _time.Hold();

        await AssignAsync(First(), Second(Edge));

        await Eventually.TrueAsync(() => members.All(member => member.OfType("media-move").Count > 0), "everybody has been told");
        await Task.WhenAll(members.Select(member => member.DisposeAsync().AsTask()));
    }

    /// <summary>The start has ended because the member was to use the standby, which rejects it.</summary>
    [Fact]
    public async Task StartEnds_StandbyIsFullAndNodeIsBack_MemberStartsThere()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        await EventStreams.ReadAsync(_first, _meeting, ann);
        _second.MaxParticipants = 0;
        _first.HangsOnRooms = true;
        await using var bob = await EnterAsync("Bob");
        await Eventually.TrueAsync(() => _first.HeldRoomCalls > 0, "the start is in progress");

        _first.Forget();
        await Eventually.TrueAsync(
            () => _signaling.LogLines().Any(line => line.Contains(bob.Id, StringComparison.Ordinal) && line.Contains("room-full", StringComparison.Ordinal)), "the standby rejects the member", Soon);
        _first.HangsOnRooms = false;
        _first.AddRoom(_meeting, generation: 1);

        await OnAsync(_first, bob);
    }

    [Fact]
    public async Task NodeIsBack_StreamHasNotLastedLong_MembersStayUntilItHas()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        await EventStreams.ReadAsync(_first, _meeting, ann);
        _first.Forget();
        await OnAsync(_second, ann);
        _time.Hold();

        _first.AddRoom(_meeting, generation: 1);

        await Eventually.TrueAsync(() => _signaling.LogLines().Any(line => line.Contains("is back", StringComparison.Ordinal)), "the node is back");
        await using var bob = await EnterAsync("Bob");
        await OnAsync(_first, bob);
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(900), ann);
        Assert.Equal(2L, (long)Assert.Single(ann.OfType("media-move"))["generation"]!);
        _time.Resume();
        await ann.ExpectAsync("media-move", m => (long)m["generation"]! == 1, limit: Soon);
    }

    [Fact]
    public async Task MemberLeaves_NodeIsGone_IsRemovedWhenItIsBack()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await using var bob = await EnterAsync("Bob");
        await OnAsync(_first, ann, bob);
        _link.Vanish();
        await OnAsync(_second, ann, bob);
        var failures = await FailuresAsync();
        await bob.SendAsync(new { type = "leave" });
        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == bob.Id, limit: Soon);
        await Eventually.TrueAsync(async () => !(await FailuresAsync()).SequenceEqual(failures), "the removal has failed");
        Assert.True(_first.Read(_meeting, r => r.Participants.ContainsKey(bob.Id)));

        _link.Restore();

        await Eventually.TrueAsync(() => !_first.Read(_meeting, r => r.Participants.ContainsKey(bob.Id)), "the member is removed", Soon);
    }

    /// <summary>The view is on its way to the former node, the mute waits for it, and the former node becomes the only one.</summary>
    [Fact]
    public async Task FormerNodeIsUsedAgain_OldMuteWaits_IsNotSent()
    {
        await using var ann = await MovingAsync("Ann");
        var (reached, answered, views) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        _first.BeforeView = () =>
        {
            reached.TrySetResult();
            return Interlocked.Increment(ref views) == 1 ? answered.Task : Task.CompletedTask;
        };
        await ann.SendAsync(new { type = "view", tracks = Array.Empty<object>() });
        await reached.Task.WaitAsync(Soon);
        await MuteAsync(ann);
        await Eventually.TrueAsync(() => _second.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the new node has the mute", Soon);
        await AssignAsync(First());
        await ann.ExpectAsync("media-restart", limit: Soon);
        await Eventually.TrueAsync(() => _first.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the former node has the mute", Soon);
        await ann.SendAsync(new { type = "unmute", mediaType = "audio" });
        await Eventually.TrueAsync(() => !_first.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the former node has the last state", Soon);

        answered.SetResult();

        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(500), ann);
        Assert.False(_first.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")));
    }

    /// <summary>A node that is gone is not told. When it is back, and the next node rejects the member, it is the one that the client uses.</summary>
    [Fact]
    public async Task FormerNodeIsUsedAgain_MuteHasNotReachedIt_IsRepeated()
    {
        await using var ann = await MovingAsync("Ann");
        var session = Session(_first, ann);
        _link.Vanish();
        await GoneAsync();
        await MuteAsync(ann);
        await Eventually.TrueAsync(() => _second.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the new node has the mute", Soon);
        _link.Restore();
        await Eventually.TrueAsync(() => _signaling.LogLines().Any(line => line.Contains("is back", StringComparison.Ordinal)), "the node is back");
        Assert.False(_first.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")));

        _second.MaxParticipants = 0;
        _second.RemoveParticipant(_meeting, ann.Id);

        await Eventually.TrueAsync(() => _first.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the former node has the mute", Soon);
        Assert.Equal(session, Session(_first, ann));
    }

    [Fact]
    public async Task FormerNodeStandsStill_CallsToIt_HoldUpNothing()
    {
        await using var ann = await MovingAsync("Ann");

        await HangAsync(() => MuteAsync(ann));
        await ann.SendAsync(new { type = "view", tracks = Array.Empty<object>() });
        await ann.SendAsync(new { type = "unmute", mediaType = "audio" });

        await PublishOnSecondAsync(ann);
        await MuteAsync(ann);
        await Eventually.TrueAsync(() => _second.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the new node has the last state", Soon);
        _first.Resume();
        await Eventually.TrueAsync(() => _first.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the former node has the last state", Soon);
    }

    [Fact]
    public async Task FormerNodeStandsStill_ClientLeavesIt_HoldsUpNothing()
    {
        await using var ann = await MovingAsync("Ann");
        await HangAsync(() =>
        {
            _first.CloseSession(_meeting, ann.Id, "publish");
            _first.CloseSession(_meeting, ann.Id, "subscribe");
            return Task.CompletedTask;
        });

        await PublishOnSecondAsync(ann);

        _first.Resume();
        await Eventually.TrueAsync(() => !_first.Read(_meeting, r => r.Participants.ContainsKey(ann.Id)), "the former node is left", Soon);
    }

    [Fact]
    public async Task FormerNodeStandsStill_SlotsOfItAreConfirmed_HoldsUpNothing()
    {
        await using var ann = await MovingAsync("Ann");
        var session = Session(_first, ann);
        _first.Emit(_meeting, Slots(ann, session!));
        await ann.ExpectAsync("slots");
        await HangAsync(() => ann.SendAsync(new { type = "slots", sessionId = session, version = 7 }));

        await PublishOnSecondAsync(ann);

        _first.Resume();
        await Eventually.TrueAsync(() => _first.Read(_meeting, r => r.Participants[ann.Id].Confirmations.Any(c => c.Version == 7)), "the former node has the confirmation", Soon);
    }

    /// <summary>The first confirmation fails, the second one is on its way, and the third one waits for it when the first one is repeated.</summary>
    [Fact]
    public async Task FormerNodeStandsStill_EarlierSlotsAreConfirmedAgain_LaterOnesReachIt()
    {
        await using var ann = await MovingAsync("Ann");
        var session = Session(_first, ann);
        foreach (var version in new[] { 7, 8, 9 })
        {
            _first.Emit(_meeting, Slots(ann, session!, version));
            await ann.ExpectAsync("slots", m => (int)m["version"]! == version);
        }

        _first.RejectsConfirmations = true;
        await ConfirmAsync(7);
        await Eventually.TrueAsync(() => _first.RejectedConfirmations > 0, "the node fails");
        _first.RejectsConfirmations = false;
        await HangAsync(() => ConfirmAsync(8));
        await ConfirmAsync(9);
        await Marker.ExpireAsync(_signaling, _meeting, SlotReports.Retry + TimeSpan.FromMilliseconds(500), ann);

        _first.Resume();

        await Eventually.TrueAsync(() => _first.Read(_meeting, r => r.Participants[ann.Id].Confirmations.LastOrDefault()?.Version == 9), "the node has the last confirmation", Soon);

        Task ConfirmAsync(int version) => ann.SendAsync(new { type = "slots", sessionId = session, version });
    }

    /// <summary>A confirmation that fails is repeated, so one for a node that is gone must not be tried.</summary>
    [Fact]
    public async Task FormerNodeGone_SlotsOfItAreConfirmed_NodeIsNotCalled()
    {
        await using var ann = await MovingAsync("Ann");
        var session = Session(_first, ann);
        _first.Emit(_meeting, Slots(ann, session!));
        await ann.ExpectAsync("slots");
        FindGone();
        await GoneAsync();
        var failures = await FailuresAsync();

        await ann.SendAsync(new { type = "slots", sessionId = session, version = 7 });
        await PublishOnSecondAsync(ann);

        Assert.Equal(failures, await FailuresAsync());
    }

    /// <summary>The client has not closed its connections to the first node yet, so they still work.</summary>
    [Fact]
    public async Task NextNodeDies_DuringMove_MemberReturnsWithoutLosingItsSessions()
    {
        await using var ann = await MovingAsync("Ann");
        var (published, subscribed) = (_first.Read(_meeting, r => r.Participants[ann.Id].PublishSession), Session(_first, ann));
        Assert.NotNull(published);

        await _second.DieAsync();

        var back = await ann.ExpectAsync("media-move", m => (long)m["generation"]! == 1, limit: Soon);
        Assert.Equal(0L, (long)back["deadline"]!);
        await Eventually.TrueAsync(() => Session(_first, ann) is { } session && session != subscribed, "the member has a new session", Soon);
        Assert.Equal(published, _first.Read(_meeting, r => r.Participants[ann.Id].PublishSession));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task OverdueNodeStandsStill_EncoderIsEnded_MeetingGoesOn()
    {
        var camera = await _signaling.JoinAsync(_meeting, "Camera");
        Assert.Equal(HttpStatusCode.Created, (await WhipAsync(camera)).StatusCode);
        _first.HangsOnRooms = true;
        await AssignAsync(First(Leaving, TimeSpan.Zero), Second(Origin));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_second, ann);
        await Eventually.TrueAsync(() => _first.HeldRoomCalls > 0, "the encoder is being removed");

        await using var bob = await EnterAsync("Bob", limit: Soon);
    }

    [Fact]
    public async Task Whip_NodeIsFoundGoneMeanwhile_OpensOnAnother()
    {
        await AssignAsync(First(), Second(Standby));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        var camera = await _signaling.JoinAsync(_meeting, "Camera");
        var (reached, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        _first.BeforePublish = () =>
        {
            reached.TrySetResult();
            return answered.Task;
        };
        var opening = WhipAsync(camera);
        await reached.Task.WaitAsync(Soon);

        FindGone();

        var opened = await opening.WaitAsync(Soon);
        answered.SetResult();
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        Assert.True(_second.Read(_meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
    }

    [Fact]
    public async Task WhipClose_AnotherNodeIsGone_Succeeds()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        await AssignAsync(First(Leaving), Second(Origin));
        var camera = await _signaling.JoinAsync(_meeting, "Camera");
        var opened = await WhipAsync(camera);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        FindGone();
        await GoneAsync();
        _first.Hang();

        var closed = await _signaling.SendAsync(HttpMethod.Delete, opened.Headers.Location!.ToString(), bearer: camera.Ticket).WaitAsync(Soon);

        Assert.Equal(HttpStatusCode.NoContent, closed.StatusCode);
        Assert.Null(_second.Read(_meeting, r => r.Participants[camera.ParticipantId].PublishSession));
    }

    /// <summary>The node has lost the room, and then stands still.</summary>
    [Fact]
    public async Task HostRemovesSomebody_AnotherNodeIsGone_RemovalIsAnnounced()
    {
        await AssignAsync(First(), Second(Edge));
        await using var ann = await EnterAsync("Ann");
        await using var bob = await EnterAsync("Bob");
        await EventStreams.ReadAsync(_first, _meeting, ann);
        _first.Forget();
        await GoneAsync();
        await OnAsync(_second, ann, bob);
        _first.Hang();

        var response = await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{_meeting}/participants/{bob.Id}", bearer: _created.HostToken).WaitAsync(Soon);

        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "media-node-unreachable");
        await bob.ExpectAsync("removed", limit: Soon);
        Assert.True(_second.Read(_meeting, r => r.Excluded.Contains(bob.Id)));
    }

    /// <summary>The node has the room, and new connections to it fail. One that was open before is as slow as the node.</summary>
    [Fact]
    public async Task HostRemovesSomebody_NodeIsSlowAndTakenAsGone_ArrivesLater()
    {
        await AssignAsync(First(), Second(Edge));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_first, ann);
        await EventStreams.ReadAsync(_first, _meeting, ann);
        await using var bob = await EnterAsync("Bob");
        FindGone();
        _first.AddRoom(_meeting, generation: 1);
        await GoneAsync();
        await OnAsync(_second, ann, bob);
        _first.Hang();

        var response = await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{_meeting}/participants/{bob.Id}", bearer: _created.HostToken).WaitAsync(Soon);

        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "media-node-unreachable");
        await bob.ExpectAsync("removed", limit: Soon);
        _first.Resume();
        await Eventually.TrueAsync(() => _first.Read(_meeting, r => r.Excluded.Contains(bob.Id)), "the node has the removal", Soon);
    }

    private static MeetingAssignment First(AssignmentState state = Ready, TimeSpan? left = null) => Assigned("default-aaaaa", 1, state == Leaving ? Edge : Origin, state, left);

    private static MeetingAssignment Second(AssignmentRole role) => Assigned("default-bbbbb", 2, role, Ready);

    private static MeetingAssignment Assigned(string node, long generation, AssignmentRole role, AssignmentState state, TimeSpan? left = null) => new()
    {
        SfuNode = node,
        Namespace = TestCluster.Namespace,
        Generation = generation,
        Role = role,
        State = state,
        Deadline = state == Leaving ? DateTimeOffset.UtcNow + (left ?? TimeSpan.FromSeconds(60)) : null,
    };

    private static Task MuteAsync(TestClient client) => client.SendAsync(new { type = "mute", mediaType = "audio" });

    private static RoomEvent Slots(TestClient client, string session, int version = 7) => new()
    {
        Type = RoomEventTypes.Slots,
        ParticipantId = client.Id,
        SessionId = session,
        SlotsVersion = version,
        Tracks = [new TrackDescription { Mid = "7", ParticipantId = "p-7", Kind = "video", Source = "camera" }],
    };

    /// <summary>Lets the first node answer no request any more, and does something that calls it.</summary>
    private async Task HangAsync(Func<Task> call)
    {
        _first.Hang();
        var requests = _first.Requests;
        await call();
        await Eventually.TrueAsync(() => _first.Requests > requests, "the node is called");
    }

    /// <summary>The first node ends the stream of events and refuses connections. Calls that hang stay open.</summary>
    private void FindGone()
    {
        _link.StopListening();
        _first.Forget();
    }

    private Task GoneAsync() => Eventually.TrueAsync(() => _signaling.LogLines().Any(line => line.Contains("is gone", StringComparison.Ordinal)), "the node is found gone");

    private async Task AssignAsync(params MeetingAssignment[] assignments)
    {
        await _cluster.AssignAsync(_meeting, assignments);
        await Eventually.TrueAsync(
            () => _signaling.Service<Kubernetes.MeetingDirectory>().Find(_meeting)!.Assignments.Select(a => (a.Node, a.Role, a.State)).SequenceEqual(assignments.Select(a => (a.SfuNode, a.Role, a.State))),
            "signaling has the assignments");
    }

    private async Task<TestClient> EnterAsync(string name, bool moves = true, TimeSpan? limit = null)
    {
        var client = await TestClient.OpenAsync(await _signaling.JoinAsync(_meeting, name));
        await client.SendAsync(new { type = "join", participantId = client.Id, capabilities = new { move = moves, slots = true } });
        await client.ExpectAsync("joined", limit: limit);
        return client;
    }

    /// <summary>A member with both connections on the first node, who has been told to move to the second one.</summary>
    private async Task<TestClient> MovingAsync(string name)
    {
        var client = await EnterAsync(name);
        await OnAsync(_first, client);
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await client.ExpectAsync("answer");
        await AssignAsync(First(Leaving), Second(Origin));
        await client.ExpectAsync("media-move");
        await OnAsync(_second, client);
        return client;
    }

    private async Task PublishOnSecondAsync(TestClient client)
    {
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2"), restart = true, reference = "again" });
        await client.ExpectAsync("answer", m => (string?)m["reference"] == "again", limit: Soon);
        Assert.NotNull(_second.Read(_meeting, r => r.Participants[client.Id].PublishSession));
    }

    private async Task OnAsync(SimulatedMediaNode node, params TestClient[] clients)
    {
        foreach (var client in clients)
        {
            await Eventually.TrueAsync(
                () => node.Rooms().TryGetValue(_meeting, out var room) && room.ParticipantList!.Any(p => p.Participant == client.Id && p.Subscribing), $"{client.Id} uses {node.Name}", Soon);
        }
    }

    private string? Session(SimulatedMediaNode node, TestClient client) => node.Read(_meeting, r => r.Participants.TryGetValue(client.Id, out var known) ? known.SubscribeSession : null);

    private Task<HttpResponseMessage> WhipAsync(JoinResponse camera) => _signaling.SendAsync(
        HttpMethod.Post, $"meetings/{_meeting}/whip", new StringContent(Sdp.Publish(), new MediaTypeHeaderValue("application/sdp")), camera.Ticket);

    /// <summary>The numbers of failed calls to media nodes.</summary>
    private async Task<IReadOnlyList<string>> FailuresAsync() =>
        [.. (await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics"))).Split('\n').Where(line => line.StartsWith("meet_signaling_node_errors", StringComparison.Ordinal))];
}
