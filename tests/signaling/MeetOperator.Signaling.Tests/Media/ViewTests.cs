using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>What a client shows reaches its media node.</summary>
public sealed class ViewTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task View_OfClient_ReachesNode()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.True((bool)Assert.Single(ann.OfType("joined"))["capabilities"]!["view"]!);

        await ann.SendAsync(new { type = "view", tracks = new[] { new { participantId = "p-7", source = "camera", width = 640, height = 360, pinned = true } } });

        await Eventually.TrueAsync(() => LastWidth(_node, meeting.MeetingId, ann.Id) == 640, "the view reaches the node");
        var track = Assert.Single(_node.Read(meeting.MeetingId, r => r.Participants[ann.Id].Views[^1]).Tracks);
        Assert.Equal(new ViewedTrack { ParticipantId = "p-7", Source = "camera", Width = 640, Height = 360, Pinned = true }, track);
    }

    /// <summary>A client that shows nothing, as in a hidden tab, still hears whom its person has pinned.</summary>
    [Fact]
    public async Task View_PinnedAndNothingShown_ReachesNode()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");

        await ann.SendAsync(new { type = "view", tracks = Array.Empty<object>(), pinned = new[] { "p-7" } });

        await Eventually.TrueAsync(() => Views(_node, meeting.MeetingId, ann.Id).Count > 0, "the view reaches the node");
        var view = Views(_node, meeting.MeetingId, ann.Id)[^1];
        Assert.Empty(view.Tracks);
        Assert.Equal(["p-7"], view.Pinned);
    }

    [Fact]
    public async Task View_ManyAtOnce_OnlyFewReachNodeAndTheLastWins()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");

        for (var width = 101; width <= 140; width++)
        {
            await ShowAsync(ann, width);
        }

        await Eventually.TrueAsync(() => LastWidth(_node, meeting.MeetingId, ann.Id) == 140, "the last view reaches the node");
        Assert.InRange(_node.Read(meeting.MeetingId, r => r.Participants[ann.Id].Views.Count), 1, 10);
        Assert.Empty(ann.OfType("error"));
    }

    [Fact]
    public async Task View_MeetingMoves_ReachesNextNode()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ShowAsync(ann, 640);
        await Eventually.TrueAsync(() => LastWidth(_node, meeting.MeetingId, ann.Id) == 640, "the view reaches the node");

        var next = await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.KillNodeAsync("default-aaaaa");

        await ann.ExpectAsync("media-restart");
        await Eventually.TrueAsync(() => LastWidth(next, meeting.MeetingId, ann.Id) == 640, "the view reaches the next node");
    }

    /// <summary>During an upgrade, media nodes of the earlier version are still in use. They do not know the request.</summary>
    [Fact]
    public async Task View_NodeOfEarlierVersion_CausesNoError()
    {
        _node.KnowsViews = false;
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");

        await ShowAsync(bob, 640);
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");
        await Eventually.TrueAsync(() => _node.RejectedViews > 0, "the node rejects the view");
        await bob.SendAsync(new { type = "answer", to = "sfu", sdp = Sdp.Answer() });

        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants[bob.Id].AnsweredRevision) > 0, "the answer reaches the node");
        Assert.Empty(bob.OfType("error"));
    }

    [Fact]
    public async Task LayersEvent_OfNode_ReachesOnlyPublisher()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");

        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Layers, ParticipantId = ann.Id, Source = "camera", Layers = ["h", "q"] });
        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = ann.Id, Level = 7 });

        var layers = await ann.ExpectAsync("layers");
        Assert.Equal("camera", (string?)layers["source"]);
        Assert.Equal(["h", "q"], layers["rids"]!.AsArray().Select(rid => (string)rid!));
        await bob.ExpectAsync("speaking");
        Assert.Empty(bob.OfType("layers"));
    }

    [Fact]
    public async Task PausedEvent_OfNode_ReachesOnlyItsParticipant()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");

        _node.Emit(meeting.MeetingId, Paused(bob.Id, ann.Id));
        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = ann.Id, Level = 7 });

        var track = Assert.Single((await bob.ExpectAsync("paused"))["tracks"]!.AsArray())!;
        Assert.Equal((ann.Id, "camera"), ((string)track["participantId"]!, (string)track["source"]!));
        await ann.ExpectAsync("speaking");
        Assert.Empty(ann.OfType("paused"));
    }

    [Fact]
    public async Task PausedEvent_WhileClientIsOffline_IsSentWhenItReturns()
    {
        var meeting = await _signaling.CreateAsync();
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        var join = await _signaling.JoinAsync(meeting.MeetingId, "Ann");
        await using (var ann = await TestClient.OpenAsync(join))
        {
            await ann.JoinAsync();
            await ann.ExpectAsync("offer");
        }

        _node.Emit(meeting.MeetingId, Paused(join.ParticipantId, bob.Id));
        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = bob.Id, Level = 7 });
        await bob.ExpectAsync("speaking");

        await using var again = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting.MeetingId, "Ann", ticket: join.Ticket));
        await again.JoinAsync();
        Assert.Single((await again.ExpectAsync("paused"))["tracks"]!.AsArray());
    }

    [Fact]
    public async Task PausedEvent_MeetingMoves_ClientsAreToldThatNothingIsPaused()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");
        _node.Emit(meeting.MeetingId, Paused(bob.Id, ann.Id));
        Assert.NotEmpty((await bob.ExpectAsync("paused"))["tracks"]!.AsArray());

        await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.KillNodeAsync("default-aaaaa");

        await Eventually.TrueAsync(() => bob.OfType("paused").Count() == 2, "the second message arrives");
        Assert.Empty(bob.OfType("paused").Last()["tracks"]!.AsArray());
    }

    /// <summary>Otherwise a layer that somebody needs again would stay off.</summary>
    [Fact]
    public async Task LayersEvent_WhileClientIsOffline_IsSentWhenItReturns()
    {
        var meeting = await _signaling.CreateAsync();
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        var join = await _signaling.JoinAsync(meeting.MeetingId, "Ann");
        await using (var ann = await TestClient.OpenAsync(join))
        {
            await ann.JoinAsync();
            await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
            await bob.ExpectAsync("offer");
        }

        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Layers, ParticipantId = join.ParticipantId, Source = "camera", Layers = ["f", "q"] });
        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = join.ParticipantId, Level = 7 });
        await bob.ExpectAsync("speaking");

        await using var again = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting.MeetingId, "Ann", ticket: join.Ticket));
        await again.JoinAsync();
        Assert.Equal(["f", "q"], (await again.ExpectAsync("layers"))["rids"]!.AsArray().Select(rid => (string)rid!));
    }

    private static RoomEvent Paused(string receiver, string sender) => new()
    {
        Type = RoomEventTypes.Paused,
        ParticipantId = receiver,
        Tracks = [new TrackDescription { ParticipantId = sender, Kind = "video", Source = "camera" }],
    };

    private static Task ShowAsync(TestClient client, int width) =>
        client.SendAsync(new { type = "view", tracks = new[] { new { participantId = "p-7", source = "camera", width, height = 360 } } });

    private static int? LastWidth(SimulatedMediaNode node, string meetingId, string participantId) =>
        Views(node, meetingId, participantId) is [.., var last] ? last.Tracks[0].Width : null;

    private static IReadOnlyList<ViewRequest> Views(SimulatedMediaNode node, string meetingId, string participantId) =>
        node.Read(meetingId, r => r.Participants.TryGetValue(participantId, out var participant) ? participant.Views.ToArray() : []);
}
