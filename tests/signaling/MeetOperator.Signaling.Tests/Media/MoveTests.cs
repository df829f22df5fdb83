using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>A meeting moves from one media node to another while both have it. Bob is a participant whose tracks both nodes have, as through a link.</summary>
public sealed class MoveTests : IAsyncLifetime
{
    private const string Bob = "bob";
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private SimulatedMediaNode _next = null!;
    private TestSignaling _signaling = null!;
    private CreateMeetingResponse _created = null!;
    private string _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with
        {
            Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(300) },
        });
        _created = await _signaling.CreateAsync();
        _meeting = _created.MeetingId;
        await using var first = await EnterAsync("First");
        _next = await _cluster.AddNodeAsync("default-bbbbb");
        _node.AddTracks(_meeting, Bob, Sdp.Publish());
        await first.ExpectAsync("offer");
        await first.SendAsync(new { type = "leave" });
        await first.ExpectCloseAsync();
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task NodeLeaving_ClientKnowsMoves_IsToldAndOffered()
    {
        await using var ann = await PublishingAsync("Ann");
        var former = Session(_node, ann);

        await LeaveAsync();

        var move = await ann.ExpectAsync("media-move");
        Assert.Equal(2, (long)move["generation"]!);
        Assert.InRange((long)move["deadline"]!, 1, 60_000);
        var offer = await OfferOfAsync(ann, _next);
        Assert.True(ann.Received.ToList().IndexOf(move) < ann.Received.ToList().IndexOf(offer), "the move precedes the offer");
        Assert.Equal(former, Session(_node, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task NodeLeaving_ClientOfEarlierVersion_RestartsOnNextNode()
    {
        await using var ann = await EnterAsync("Ann", moves: false);
        await OfferOfAsync(ann, _node);

        await LeaveAsync();

        var restart = await ann.ExpectAsync("media-restart");
        Assert.Equal(("moved", 2L), ((string?)restart["reason"], (long)restart["generation"]!));
        await OfferOfAsync(ann, _next);
        Assert.True(IsOn(_node, ann), "the former node has it until it has closed its connections");
        Assert.Empty(ann.OfType("media-move"));
        await CloseAndLeaveAsync(ann, _node);
    }

    [Fact]
    public async Task ClientClosesFormerConnections_FormerNode_IsLeft()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);

        _node.CloseSession(_meeting, ann.Id, "publish");
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(500), ann);
        Assert.True(IsOn(_node, ann), "it still receives from the former node");
        _node.CloseSession(_meeting, ann.Id, "subscribe");

        await Eventually.TrueAsync(() => !IsOn(_node, ann), "the former node is left");
        Assert.True(IsOn(_next, ann));
        Assert.Empty(ann.OfType("media-restart"));
        Assert.Empty(ann.OfType("participant-left").Where(m => (string?)m["participantId"] == ann.Id));
    }

    [Fact]
    public async Task Offers_DuringMove_ReachNodeOfTheirSession()
    {
        await using var ann = await PublishingAsync("Ann");
        var former = (string?)ann.OfType("answer").Single()["sessionId"];
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);
        var (published, again) = (PublishSession(_node, ann), PublishSession(_next, ann));

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("1"), sessionId = former, reference = "old" });
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2"), sessionId = again, reference = "new" });

        Assert.Equal(former, (string?)(await ann.ExpectAsync("answer", m => (string?)m["reference"] == "old"))["sessionId"]);
        Assert.Equal(again, (string?)(await ann.ExpectAsync("answer", m => (string?)m["reference"] == "new"))["sessionId"]);
        Assert.Equal((published, again), (PublishSession(_node, ann), PublishSession(_next, ann)));
    }

    [Fact]
    public async Task Answers_DuringMove_ReachNodeOfTheirSession()
    {
        await using var ann = await PublishingAsync("Ann");
        var before = ann.OfType("offer").Last();
        await LeaveAsync();
        var offer = await OfferOfAsync(ann, _next);

        await AnswerAsync(ann, offer);
        await Eventually.TrueAsync(() => Answered(_next, ann) == (int)offer["revision"]!, "the next node has the answer");
        _node.AddTracks(_meeting, "carl", Sdp.Publish("3"));
        var later = await ann.ExpectAsync("offer", m => (string?)m["sessionId"] == (string?)before["sessionId"] && (int)m["revision"]! > (int)before["revision"]!);
        await AnswerAsync(ann, later);

        await Eventually.TrueAsync(() => Answered(_node, ann) == (int)later["revision"]!, "the former node has the answer");
    }

    [Fact]
    public async Task MuteAndView_DuringMove_ReachBothNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await ann.SendAsync(new { type = "mute", mediaType = "video" });
        await Eventually.TrueAsync(() => _node.Read(_meeting, r => r.Participants[ann.Id].IsMuted("camera")), "the camera is muted");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);
        Assert.True(_next.Read(_meeting, r => r.Participants[ann.Id].IsMuted("camera")));

        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await ann.SendAsync(new { type = "view", tracks = new[] { new { participantId = Bob, source = "camera", width = 640, height = 360 } } });

        foreach (var node in new[] { _node, _next })
        {
            await Eventually.TrueAsync(() => node.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the microphone is muted");
            await Eventually.TrueAsync(() => node.Read(_meeting, r => r.Participants[ann.Id].Views.LastOrDefault()?.Tracks.Count == 1), "the view arrives");
        }
    }

    [Fact]
    public async Task Events_OfSeveralNodes_ReachMembersThere()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);
        await using var eve = await EnterAsync("Eve", moves: true);
        await OfferOfAsync(eve, _next);
        Assert.False(IsOn(_node, eve), "nobody joins a node that is leaving");
        await _cluster.AssignAsync(_meeting, Assigned("default-bbbbb", 2, Ready), Assigned("default-aaaaa", 1, Ready, Edge));

        _node.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Paused, ParticipantId = ann.Id, Tracks = [Camera] });
        _node.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Layers, ParticipantId = ann.Id, Source = "camera", Layers = ["low"] });
        _node.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = "other", Level = 40 });
        _next.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Paused, ParticipantId = ann.Id, Tracks = [Camera, Camera] });
        _next.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Layers, ParticipantId = ann.Id, Source = "camera", Layers = ["high"] });
        _next.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = Bob, Level = 50 });

        await ann.ExpectAsync("speaking", m => (string?)m["participantId"] == Bob);
        await eve.ExpectAsync("speaking", m => (string?)m["participantId"] == Bob);
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(300), ann);
        Assert.Equal("high", (string?)Assert.Single(ann.OfType("layers"))["rids"]!.AsArray().Single());
        Assert.Equal(2, Assert.Single(ann.OfType("paused"))["tracks"]!.AsArray().Count);
        Assert.All(ann.OfType("speaking").Concat(eve.OfType("speaking")), m => Assert.Equal(Bob, (string?)m["participantId"]));
    }

    [Fact]
    public async Task PausedOnFormerNode_MemberMoves_IsOver()
    {
        await using var ann = await PublishingAsync("Ann");
        _node.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Paused, ParticipantId = ann.Id, Tracks = [Camera] });
        await ann.ExpectAsync("paused", m => m["tracks"]!.AsArray().Count == 1);

        await LeaveAsync();

        await ann.ExpectAsync("paused", m => m["tracks"]!.AsArray().Count == 0);
    }

    [Fact]
    public async Task NextNodeRejectsMember_ClientStays_UntilItAccepts()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(_node, ann);
        var requests = _next.Requests;
        _next.RoomCreationError = "full";
        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Leaving, Edge), Assigned("default-bbbbb", 2, Ready));
        await Eventually.TrueAsync(() => _next.Requests > requests + 4, "the move is tried");
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await Eventually.TrueAsync(() => _node.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "requests reach the present node");
        Assert.Empty(ann.OfType("media-restart"));
        Assert.Equal(session, Session(_node, ann));

        _next.RoomCreationError = null;
        await LeaveAsync();

        await OfferOfAsync(ann, _next);
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task Deadline_MemberCouldNotMove_RestartsOnNextNode()
    {
        await using var ann = await PublishingAsync("Ann");
        _next.RoomCreationError = "full";
        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Leaving, Edge, TimeSpan.FromSeconds(1)), Assigned("default-bbbbb", 2, Ready));

        var restart = await ann.ExpectAsync("media-restart");
        Assert.Equal(("moved", 2L), ((string?)restart["reason"], (long)restart["generation"]!));
        await Eventually.TrueAsync(() => !IsOn(_node, ann), "the former node is left");
        _next.RoomCreationError = null;
        await LeaveAsync(TimeSpan.Zero);

        await OfferOfAsync(ann, _next);
    }

    [Fact]
    public async Task NextSessionFails_FormerOneStays_AndOfferIsRepeated()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        var first = await OfferOfAsync(ann, _next);

        _next.CloseSession(_meeting, ann.Id, "subscribe", state: "failed");

        await ann.ExpectAsync("offer", m => (string?)m["sessionId"] != (string?)first["sessionId"] && (string?)m["sessionId"] == Session(_next, ann));
        Assert.True(IsOn(_node, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task NextNodeDies_DuringMove_MemberConnectsToFormerNodeAgain()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(_node, ann);
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Lost, Edge));
        await _next.DieAsync();

        // The client sends on the next node by now, and may have left the former one.
        var restart = await ann.ExpectAsync("media-restart");
        Assert.Equal(("moved", 1L), ((string?)restart["reason"], (long)restart["generation"]!));
        await ann.ExpectAsync("offer", m => Session(_node, ann) is { } next && next != session && (string?)m["sessionId"] == next);
        var published = PublishSession(_node, ann);
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("9"), restart = true });
        await Eventually.TrueAsync(() => PublishSession(_node, ann) != published, "the client publishes on the former node");
    }

    [Fact]
    public async Task NextNodeDies_RequestComesBeforeTheNews_MemberConnectsToFormerNodeAgain()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(_node, ann);
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);

        for (var request = 0; request < 20; request++)
        {
            await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        }

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready));

        await ann.ExpectAsync("media-restart");
        await ann.ExpectAsync("offer", m => Session(_node, ann) is { } next && next != session && (string?)m["sessionId"] == next);
    }

    /// <summary>The client was told to leave both of its former connections, so it needs new ones when the meeting stays where they were.</summary>
    [Fact]
    public async Task NextNodeLosesMemberAndIsGivenUp_MemberConnectsToFormerNodeAgain()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(_node, ann);
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);
        _next.MaxParticipants = 0;
        var requests = _next.Requests;
        _next.RemoveParticipant(_meeting, ann.Id);
        Assert.Equal("lost", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        await Eventually.TrueAsync(() => _next.Requests > requests + 1, "the next node refuses the member, also when it moves again");
        Assert.Equal(session, Session(_node, ann));

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready));

        await ann.ExpectAsync("media-restart", m => (string?)m["reason"] == "moved" && (long)m["generation"]! == 1);
        await ann.ExpectAsync("offer", m => Session(_node, ann) is { } next && next != session && (string?)m["sessionId"] == next);
    }

    /// <summary>The client was not told of it, and has closed nothing on the former node.</summary>
    [Fact]
    public async Task NextSessionCannotBeRepeated_MeetingStays_ClientGoesOn()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(_node, ann);
        await LeaveAsync();
        await OfferOfAsync(ann, _next);
        _next.Hang();
        _next.CloseSession(_meeting, ann.Id, "subscribe", state: "failed");
        await Eventually.TrueAsync(
            () => _signaling.LogLines().Any(line => line.Contains(ann.Id, StringComparison.Ordinal) && line.Contains("(timeout)", StringComparison.Ordinal)), "the next session cannot be opened again");

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready));
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(500), ann);

        _next.Resume();
        Assert.Equal(session, Session(_node, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task FormerNodeDies_DuringMove_MemberGoesOnOnNextNode()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);
        var session = Session(_next, ann);

        await _cluster.AssignAsync(_meeting, Assigned("default-bbbbb", 2, Ready), Assigned("default-aaaaa", 1, Lost, Edge));
        await _node.DieAsync();
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(500), ann);

        Assert.Equal(session, Session(_next, ann));
        Assert.Empty(ann.OfType("media-restart"));
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await Eventually.TrueAsync(() => _next.Read(_meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "requests reach the next node");
    }

    [Fact]
    public async Task NodeDies_BeforeMove_ClientRestarts()
    {
        await using var ann = await PublishingAsync("Ann");

        await _cluster.AssignAsync(_meeting, Assigned("default-bbbbb", 2, Ready), Assigned("default-aaaaa", 1, Lost, Edge));

        Assert.Equal("moved", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        await Eventually.TrueAsync(() => IsOn(_next, ann) && Session(_next, ann) is not null, "the participant is on the next node");
        Assert.Empty(ann.OfType("media-move"));
    }

    [Fact]
    public async Task SecondMove_DuringFirst_LeavesBothFormerNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);
        var third = await _cluster.AddNodeAsync("default-ccccc");

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Leaving, Edge), Assigned("default-bbbbb", 2, Leaving, Edge), Assigned("default-ccccc", 3, Ready));

        await ann.ExpectAsync("media-move", m => (long)m["generation"]! == 3);
        await Eventually.TrueAsync(() => IsOn(third, ann) && Session(third, ann) is not null, "the participant is on the third node");
        Assert.True(IsOn(_node, ann) && IsOn(_next, ann));
        await CloseAndLeaveAsync(ann, _next);
        await CloseAndLeaveAsync(ann, _node);
        Assert.True(IsOn(third, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    /// <summary>The first node serves again, and the second one is drained, before the client has left the first one.</summary>
    [Fact]
    public async Task SecondMove_BackDuringFirst_MediaIsOnTheFirstNode()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);
        var before = Session(_node, ann);

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Leaving, Edge));

        await Eventually.TrueAsync(() => Session(_node, ann) is { } session && session != before, "the participant has a new session on the first node");
        await PublishAgainAsync(ann, _node);
        await CloseAndLeaveAsync(ann, _next);
        Assert.True(IsOn(_node, ann) && Session(_node, ann) is not null); // The client may have been told to restart there once, because it has left the node and come back.
    }

    [Fact]
    public async Task DrainTakenBack_BeforeNextNodeIsReady_NothingHappens()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(_node, ann);

        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Preparing, Edge));
        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Leaving), Assigned("default-bbbbb", 2, Preparing, Edge));
        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Ready));
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(500), ann);

        Assert.Equal(session, Session(_node, ann));
        Assert.Empty(ann.OfType("media-restart").Concat(ann.OfType("media-move")));
        Assert.False(IsOn(_next, ann));
    }

    [Fact]
    public async Task SocketLost_DuringMove_ClientIsToldAgain()
    {
        var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);
        await ann.DisposeAsync();

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync(resume: true, move: true);

        await again.ExpectAsync("media-move");
        await OfferOfAsync(again, _next);
        Assert.True(IsOn(_node, again));
    }

    [Fact]
    public async Task SocketLost_FormerNodeDoesNotAnswer_ClientStartsOnNextNode()
    {
        var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);
        var session = Session(_next, ann);
        await _node.DieAsync();
        await ann.DisposeAsync();

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync(move: true);

        await again.ExpectAsync("offer", m => (string?)m["sessionId"] == Session(_next, again) && Session(_next, again) != session);
    }

    [Fact]
    public async Task Leave_DuringMove_RemovesFromBothNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);

        await ann.SendAsync(new { type = "leave" });

        await Eventually.TrueAsync(() => !IsOn(_node, ann) && !IsOn(_next, ann), "the participant is on no node");
    }

    [Fact]
    public async Task RemovedByHost_DuringMove_IsExcludedOnBothNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);

        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{_meeting}/participants/{ann.Id}", bearer: _created.HostToken);

        await ann.ExpectAsync("removed");
        Assert.All([_node, _next], node => Assert.True(node.Read(_meeting, r => r.Excluded.Contains(ann.Id))));
    }

    [Fact]
    public async Task RemovedBefore_NextNode_ExcludesThemToo()
    {
        await using var ann = await PublishingAsync("Ann");
        await using var eve = await EnterAsync("Eve", moves: true);
        await OfferOfAsync(eve, _node);
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{_meeting}/participants/{eve.Id}", bearer: _created.HostToken);
        await eve.ExpectAsync("removed");

        await LeaveAsync();

        await Eventually.TrueAsync(() => _next.Read(_meeting, r => r.Excluded.Contains(eve.Id)), "the next node knows of the removal");
    }

    [Fact]
    public async Task MeetingEnds_DuringMove_ClientIsTold()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, _next);

        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{_meeting}", bearer: _created.HostToken);

        await ann.ExpectAsync("meeting-ended");
        Assert.Empty(ann.OfType("error").Concat(ann.OfType("media-restart")));
    }

    [Fact]
    public async Task Deadline_ClientStillOnFormerNode_IsRemovedThere()
    {
        await using var ann = await PublishingAsync("Ann");

        await LeaveAsync(TimeSpan.FromSeconds(1));
        await OfferOfAsync(ann, _next);

        await Eventually.TrueAsync(() => !IsOn(_node, ann), "the former node is left at the deadline");
        Assert.True(IsOn(_next, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task WhipPublisher_StaysUntilDeadline_ThenEndsWithReason()
    {
        await using var ann = await PublishingAsync("Ann");
        var camera = await _signaling.JoinAsync(_meeting, "Camera");
        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        await LeaveAsync();
        await PublishAgainAsync(ann, _next);
        await CloseAndLeaveAsync(ann, _node);
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromSeconds(1), ann);
        Assert.True(_node.Read(_meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Empty(ann.OfType("participant-left").Where(m => (string?)m["participantId"] == camera.ParticipantId));

        await LeaveAsync(TimeSpan.Zero);

        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == camera.ParticipantId);
        Assert.False(_node.Read(_meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Contains(_signaling.LogLines(), line => line.Contains(camera.ParticipantId, StringComparison.Ordinal) && line.Contains("deadline has passed", StringComparison.Ordinal));
        Assert.Contains("meet_signaling_headless_ended_total{reason=\"node-leaving\"} 1", await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics")), StringComparison.Ordinal);
        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        Assert.True(_next.Read(_meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
    }

    [Fact]
    public async Task WhipPublisher_ReconnectsToNextNode_IsShownThroughout()
    {
        await using var ann = await PublishingAsync("Ann");
        var camera = await _signaling.JoinAsync(_meeting, "Camera");
        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        await LeaveAsync();
        await OfferOfAsync(ann, _next);

        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        _node.RemoveParticipant(_meeting, camera.ParticipantId);
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(500), ann);

        Assert.True(_next.Read(_meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Empty(ann.OfType("participant-left").Where(m => (string?)m["participantId"] == camera.ParticipantId));
    }

    private static TrackDescription Camera => new() { ParticipantId = Bob, Kind = "video", Source = "camera" };

    private static MeetingAssignment Assigned(string node, long generation, AssignmentState state, AssignmentRole role = Origin, TimeSpan? left = null) => new()
    {
        SfuNode = node,
        Namespace = TestCluster.Namespace,
        Role = role,
        State = state,
        Generation = generation,
        Deadline = state == Leaving ? DateTimeOffset.UtcNow + (left ?? TimeSpan.FromSeconds(60)) : null,
    };

    private static Task AnswerAsync(TestClient client, JsonObject offer) =>
        client.SendAsync(new { type = "answer", to = "sfu", sdp = Sdp.Answer(), revision = (int)offer["revision"]!, sessionId = (string?)offer["sessionId"] });

    /// <summary>The operator has prepared the next node, and participants are to leave the present one.</summary>
    private async Task LeaveAsync(TimeSpan? left = null)
    {
        await _cluster.AssignAsync(_meeting, Assigned("default-aaaaa", 1, Leaving, Edge, left), Assigned("default-bbbbb", 2, Ready));
        if (!_next.Read(_meeting, r => r.Participants.ContainsKey(Bob)))
        {
            _next.AddTracks(_meeting, Bob, Sdp.Publish());
        }
    }

    private async Task<TestClient> EnterAsync(string name, bool moves = true)
    {
        var client = await TestClient.OpenAsync(await _signaling.JoinAsync(_meeting, name));
        await client.JoinAsync(move: moves);
        return client;
    }

    /// <summary>A client that knows moves, with both connections.</summary>
    private async Task<TestClient> PublishingAsync(string name)
    {
        var client = await EnterAsync(name);
        await AnswerAsync(client, await OfferOfAsync(client, _node));
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await client.ExpectAsync("answer");
        return client;
    }

    /// <summary>What the client does when it is told to move: publishes on the next node, and answers its offer.</summary>
    private async Task PublishAgainAsync(TestClient client, SimulatedMediaNode node)
    {
        await client.ExpectAsync("media-move");
        await AnswerAsync(client, await OfferOfAsync(client, node));
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2"), restart = true });
        await Eventually.TrueAsync(() => PublishSession(node, client) is not null, "the client publishes on the next node");
    }

    private async Task CloseAndLeaveAsync(TestClient client, SimulatedMediaNode node)
    {
        node.CloseSession(_meeting, client.Id, "publish");
        node.CloseSession(_meeting, client.Id, "subscribe");
        await Eventually.TrueAsync(() => !IsOn(node, client), "the former node is left");
    }

    private Task<HttpResponseMessage> WhipAsync(JoinResponse camera) => _signaling.SendAsync(
        HttpMethod.Post, $"meetings/{_meeting}/whip", new StringContent(Sdp.Publish(), new System.Net.Http.Headers.MediaTypeHeaderValue("application/sdp")), bearer: camera.Ticket);

    /// <summary>Waits for an offer of the node's session with the client.</summary>
    private Task<JsonObject> OfferOfAsync(TestClient client, SimulatedMediaNode node) =>
        client.ExpectAsync("offer", m => IsOn(node, client) && (string?)m["sessionId"] == Session(node, client));

    private bool IsOn(SimulatedMediaNode node, TestClient client) => node.Rooms().ContainsKey(_meeting) && node.Read(_meeting, r => r.Participants.ContainsKey(client.Id));

    private string? Session(SimulatedMediaNode node, TestClient client) => node.Read(_meeting, r => r.Participants.TryGetValue(client.Id, out var known) ? known.SubscribeSession : null);

    private string? PublishSession(SimulatedMediaNode node, TestClient client) => node.Read(_meeting, r => r.Participants.TryGetValue(client.Id, out var known) ? known.PublishSession : null);

    private int Answered(SimulatedMediaNode node, TestClient client) => node.Read(_meeting, r => r.Participants[client.Id].AnsweredRevision);
}
