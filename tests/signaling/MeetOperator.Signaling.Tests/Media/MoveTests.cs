using MeetOperator.NodeControl;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>Members that move from one media node to another.</summary>
public sealed class MoveTests : MoveTestBase
{
    [Fact]
    public async Task NodeLeaving_ClientKnowsMoves_IsToldAndOffered()
    {
        await using var ann = await PublishingAsync("Ann");
        var former = Session(node, ann);

        await LeaveAsync();

        var move = await ann.ExpectAsync("media-move");
        Assert.Equal((2, "leaving"), ((long)move["generation"]!, (string?)move["reason"]));
        Assert.InRange((long)move["deadline"]!, 1, 60_000);
        var offer = await OfferOfAsync(ann, next);
        Assert.True(ann.Received.ToList().IndexOf(move) < ann.Received.ToList().IndexOf(offer), "the move precedes the offer");
        Assert.Equal(former, Session(node, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    /// <summary>Nobody connects to the next node, so the sixth member waits for some time, which does not pass at first.</summary>
    [Fact]
    public async Task NodeLeaving_ThreeMeetings_FiveMembersStartAtOnce()
    {
        var clients = new List<TestClient>();
        string[] meetings = [meeting, (await signaling.CreateAsync()).MeetingId, (await signaling.CreateAsync()).MeetingId];
        foreach (var id in meetings)
        {
            await cluster.AssignAsync(id, Assigned("default-aaaaa", 1, Ready));
            node.AddTracks(id, Bob, Sdp.Publish());
            foreach (var name in new[] { "Ann", "Cem" })
            {
                clients.Add(await TestClient.OpenAsync(await signaling.JoinAsync(id, name)));
                await clients[^1].JoinAsync(move: true);
                await AnswerAsync(clients[^1], await clients[^1].ExpectAsync("offer"));
            }
        }

        time.Hold();
        var leaving = Assigned("default-aaaaa", 1, Leaving, Edge);
        await Task.WhenAll(meetings.Select(id => cluster.AssignAsync(id, leaving, Assigned("default-bbbbb", 2, Ready))));

        await Eventually.TrueAsync(() => Told() == 5, "five members are told");
        await Marker.ExpireAsync(signaling, meetings[0], MoveSchedule.Interval * 2, clients[0]);
        Assert.Equal(5, Told());
        time.Resume();
        await Eventually.TrueAsync(() => Told() == 6, "the sixth member is told");
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        int Told() => clients.Count(client => client.OfType("media-move").Count > 0);
    }

    [Fact]
    public async Task NodeLeaving_ClientOfEarlierVersion_RestartsOnNextNode()
    {
        await using var ann = await EnterAsync("Ann", moves: false);
        await OfferOfAsync(ann, node);

        await LeaveAsync();

        var restart = await ann.ExpectAsync("media-restart");
        Assert.Equal(("moved", 2L), ((string?)restart["reason"], (long)restart["generation"]!));
        await OfferOfAsync(ann, next);
        Assert.True(IsOn(node, ann), "the former node has it until it has closed its connections");
        Assert.Empty(ann.OfType("media-move"));
        await CloseAndLeaveAsync(ann, node);
    }

    [Fact]
    public async Task ClientClosesFormerConnections_FormerNode_IsLeft()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, next);

        node.CloseSession(meeting, ann.Id, "publish");
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromMilliseconds(500), ann);
        Assert.True(IsOn(node, ann), "it still receives from the former node");
        node.CloseSession(meeting, ann.Id, "subscribe");

        await Eventually.TrueAsync(() => !IsOn(node, ann), "the former node is left");
        Assert.True(IsOn(next, ann));
        Assert.Empty(ann.OfType("media-restart"));
        Assert.Empty(ann.OfType("participant-left").Where(m => (string?)m["participantId"] == ann.Id));
    }

    [Fact]
    public async Task Offers_DuringMove_ReachNodeOfTheirSession()
    {
        await using var ann = await PublishingAsync("Ann");
        var former = (string?)ann.OfType("answer").Single()["sessionId"];
        await LeaveAsync();
        await PublishAgainAsync(ann, next);
        var (published, again) = (PublishSession(node, ann), PublishSession(next, ann));

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("1"), sessionId = former, reference = "old" });
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2"), sessionId = again, reference = "new" });

        Assert.Equal(former, (string?)(await ann.ExpectAsync("answer", m => (string?)m["reference"] == "old"))["sessionId"]);
        Assert.Equal(again, (string?)(await ann.ExpectAsync("answer", m => (string?)m["reference"] == "new"))["sessionId"]);
        Assert.Equal((published, again), (PublishSession(node, ann), PublishSession(next, ann)));
    }

    [Fact]
    public async Task Answers_DuringMove_ReachNodeOfTheirSession()
    {
        await using var ann = await PublishingAsync("Ann");
        var before = ann.OfType("offer").Last();
        await LeaveAsync();
        var offer = await OfferOfAsync(ann, next);

        await AnswerAsync(ann, offer);
        await Eventually.TrueAsync(() => Answered(next, ann) == (int)offer["revision"]!, "the next node has the answer");
        node.AddTracks(meeting, "carl", Sdp.Publish("3"));
        var later = await ann.ExpectAsync("offer", m => (string?)m["sessionId"] == (string?)before["sessionId"] && (int)m["revision"]! > (int)before["revision"]!);
        await AnswerAsync(ann, later);

        await Eventually.TrueAsync(() => Answered(node, ann) == (int)later["revision"]!, "the former node has the answer");
    }

    [Fact]
    public async Task MuteAndView_DuringMove_ReachBothNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await ann.SendAsync(new { type = "mute", mediaType = "video" });
        await Eventually.TrueAsync(() => node.Read(meeting, r => r.Participants[ann.Id].IsMuted("camera")), "the camera is muted");
        await LeaveAsync();
        await OfferOfAsync(ann, next);
        Assert.True(next.Read(meeting, r => r.Participants[ann.Id].IsMuted("camera")));

        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await ann.SendAsync(new { type = "view", tracks = new[] { new { participantId = Bob, source = "camera", width = 640, height = 360 } } });

        foreach (var node in new[] { node, next })
        {
            await Eventually.TrueAsync(() => node.Read(meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "the microphone is muted");
            await Eventually.TrueAsync(() => node.Read(meeting, r => r.Participants[ann.Id].Views.LastOrDefault()?.Tracks.Count == 1), "the view arrives");
        }
    }

    [Fact]
    public async Task Events_OfSeveralNodes_ReachMembersThere()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, next);
        await using var eve = await EnterAsync("Eve", moves: true);
        await OfferOfAsync(eve, next);
        Assert.False(IsOn(node, eve), "nobody joins a node that is leaving");
        await cluster.AssignAsync(meeting, Assigned("default-bbbbb", 2, Ready), Assigned("default-aaaaa", 1, Ready, Edge));

        node.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Paused, ParticipantId = ann.Id, Tracks = [Camera] });
        node.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Layers, ParticipantId = ann.Id, Source = "camera", Layers = ["low"] });
        node.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = "other", Level = 40 });
        next.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Paused, ParticipantId = ann.Id, Tracks = [Camera, Camera] });
        next.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Layers, ParticipantId = ann.Id, Source = "camera", Layers = ["high"] });
        next.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = Bob, Level = 50 });

        await ann.ExpectAsync("speaking", m => (string?)m["participantId"] == Bob);
        await eve.ExpectAsync("speaking", m => (string?)m["participantId"] == Bob);
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromMilliseconds(300), ann);
        Assert.Equal("high", (string?)Assert.Single(ann.OfType("layers"))["rids"]!.AsArray().Single());
        Assert.Equal(2, Assert.Single(ann.OfType("paused"))["tracks"]!.AsArray().Count);
        Assert.All(ann.OfType("speaking").Concat(eve.OfType("speaking")), m => Assert.Equal(Bob, (string?)m["participantId"]));
    }

    [Fact]
    public async Task PausedOnFormerNode_MemberMoves_IsOver()
    {
        await using var ann = await PublishingAsync("Ann");
        node.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Paused, ParticipantId = ann.Id, Tracks = [Camera] });
        await ann.ExpectAsync("paused", m => m["tracks"]!.AsArray().Count == 1);

        await LeaveAsync();

        await ann.ExpectAsync("paused", m => m["tracks"]!.AsArray().Count == 0);
    }

    [Fact]
    public async Task Deadline_MemberCouldNotMove_RestartsOnNextNode()
    {
        await using var ann = await PublishingAsync("Ann");
        next.RoomCreationError = "full";
        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Leaving, Edge, TimeSpan.FromSeconds(1)), Assigned("default-bbbbb", 2, Ready));

        var restart = await ann.ExpectAsync("media-restart");
        Assert.Equal(("moved", 2L), ((string?)restart["reason"], (long)restart["generation"]!));
        await Eventually.TrueAsync(() => !IsOn(node, ann), "the former node is left");
        next.RoomCreationError = null;
        await LeaveAsync(TimeSpan.Zero);

        await OfferOfAsync(ann, next);
    }

    [Fact]
    public async Task SecondMove_DuringFirst_LeavesBothFormerNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, next);
        var third = await cluster.AddNodeAsync("default-ccccc");

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Leaving, Edge), Assigned("default-bbbbb", 2, Leaving, Edge), Assigned("default-ccccc", 3, Ready));

        await ann.ExpectAsync("media-move", m => (long)m["generation"]! == 3);
        await Eventually.TrueAsync(() => IsOn(third, ann) && Session(third, ann) is not null, "the participant is on the third node");
        Assert.True(IsOn(node, ann) && IsOn(next, ann));
        await CloseAndLeaveAsync(ann, next);
        await CloseAndLeaveAsync(ann, node);
        Assert.True(IsOn(third, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    /// <summary>The first node serves again, and the second one is drained, before the client has left the first one.</summary>
    [Fact]
    public async Task SecondMove_BackDuringFirst_MediaIsOnTheFirstNode()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, next);
        var before = Session(node, ann);

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Leaving, Edge));

        await Eventually.TrueAsync(() => Session(node, ann) is { } session && session != before, "the participant has a new session on the first node");
        await PublishAgainAsync(ann, node);
        await CloseAndLeaveAsync(ann, next);
        Assert.True(IsOn(node, ann) && Session(node, ann) is not null); // The client may have been told to restart there once, because it has left the node and come back.
    }

    [Fact]
    public async Task DrainTakenBack_BeforeNextNodeIsReady_NothingHappens()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(node, ann);

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Preparing, Edge));
        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Leaving), Assigned("default-bbbbb", 2, Preparing, Edge));
        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready));
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromMilliseconds(500), ann);

        Assert.Equal(session, Session(node, ann));
        Assert.Empty(ann.OfType("media-restart").Concat(ann.OfType("media-move")));
        Assert.False(IsOn(next, ann));
    }

    [Fact]
    public async Task SocketLost_DuringMove_ClientIsToldAgain()
    {
        var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, next);
        await ann.DisposeAsync();

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, signaling.Address);
        await again.JoinAsync(resume: true, move: true);

        await again.ExpectAsync("media-move");
        await OfferOfAsync(again, next);
        Assert.True(IsOn(node, again));
    }

    [Fact]
    public async Task SocketLost_FormerNodeDoesNotAnswer_ClientStartsOnNextNode()
    {
        var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, next);
        var session = Session(next, ann);
        await node.DieAsync();
        await ann.DisposeAsync();

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, signaling.Address);
        await again.JoinAsync(move: true);

        await again.ExpectAsync("offer", m => (string?)m["sessionId"] == Session(next, again) && Session(next, again) != session);
    }

    [Fact]
    public async Task Leave_DuringMove_RemovesFromBothNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, next);

        await ann.SendAsync(new { type = "leave" });

        await Eventually.TrueAsync(() => !IsOn(node, ann) && !IsOn(next, ann), "the participant is on no node");
    }

    [Fact]
    public async Task RemovedByHost_DuringMove_IsExcludedOnBothNodes()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, next);

        await signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting}/participants/{ann.Id}", bearer: created.HostToken);

        await ann.ExpectAsync("removed");
        Assert.All([node, next], node => Assert.True(node.Read(meeting, r => r.Excluded.Contains(ann.Id))));
    }

    [Fact]
    public async Task RemovedBefore_NextNode_ExcludesThemToo()
    {
        await using var ann = await PublishingAsync("Ann");
        await using var eve = await EnterAsync("Eve", moves: true);
        await OfferOfAsync(eve, node);
        await signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting}/participants/{eve.Id}", bearer: created.HostToken);
        await eve.ExpectAsync("removed");

        await LeaveAsync();

        await Eventually.TrueAsync(() => next.Read(meeting, r => r.Excluded.Contains(eve.Id)), "the next node knows of the removal");
    }

    [Fact]
    public async Task MeetingEnds_DuringMove_ClientIsTold()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await OfferOfAsync(ann, next);

        await signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting}", bearer: created.HostToken);

        await ann.ExpectAsync("meeting-ended");
        Assert.Empty(ann.OfType("error").Concat(ann.OfType("media-restart")));
    }

    [Fact]
    public async Task Deadline_ClientStillOnFormerNode_IsRemovedThere()
    {
        await using var ann = await PublishingAsync("Ann");

        await LeaveAsync(TimeSpan.FromSeconds(1));
        await OfferOfAsync(ann, next);

        await Eventually.TrueAsync(() => !IsOn(node, ann), "the former node is left at the deadline");
        Assert.True(IsOn(next, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task WhipPublisher_StaysUntilDeadline_ThenEndsWithReason()
    {
        await using var ann = await PublishingAsync("Ann");
        var camera = await signaling.JoinAsync(meeting, "Camera");
        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        await LeaveAsync();
        await PublishAgainAsync(ann, next);
        await CloseAndLeaveAsync(ann, node);
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromSeconds(1), ann);
        Assert.True(node.Read(meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Empty(ann.OfType("participant-left").Where(m => (string?)m["participantId"] == camera.ParticipantId));

        time.Skip(TimeSpan.FromSeconds(57)); // of the 60 s that the meeting may stay on the node

        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == camera.ParticipantId);
        Assert.False(node.Read(meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Contains(signaling.LogLines(), line => line.Contains(camera.ParticipantId, StringComparison.Ordinal) && line.Contains("about to leave the node", StringComparison.Ordinal));
        Assert.Contains("meet_signaling_headless_ended_total{reason=\"node-leaving\"} 1", await signaling.Http.GetStringAsync(new Uri(signaling.Metrics, "metrics")), StringComparison.Ordinal);
        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        Assert.True(next.Read(meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
    }

    [Fact]
    public async Task WhipPublisher_ReconnectsToNextNode_IsShownThroughout()
    {
        await using var ann = await PublishingAsync("Ann");
        var camera = await signaling.JoinAsync(meeting, "Camera");
        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        await LeaveAsync();
        await OfferOfAsync(ann, next);

        Assert.True((await WhipAsync(camera)).IsSuccessStatusCode);
        node.RemoveParticipant(meeting, camera.ParticipantId);
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromMilliseconds(500), ann);

        Assert.True(next.Read(meeting, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Empty(ann.OfType("participant-left").Where(m => (string?)m["participantId"] == camera.ParticipantId));
    }
}
