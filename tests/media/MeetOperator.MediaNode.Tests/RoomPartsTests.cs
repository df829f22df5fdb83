using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Participants do not notice that a room uses two loops of a media node. In these tests, those whose ID begins with "r" are on the second loop.</summary>
public sealed class RoomPartsTests : IAsyncLifetime
{
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync();

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    [Fact]
    public async Task Publish_OnBothParts_EverybodyReceivesEverybody()
    {
        var left = await _room.PublishAsync("left");
        var right = await _room.PublishAsync("right");
        var leftView = await _room.SubscribeAsync("left", tracks: 2);
        var rightView = await _room.SubscribeAsync("right", tracks: 2);

        await _room.UntilReceivedAsync(left, 1, rightView);
        await _room.UntilReceivedAsync(right, 2, leftView);

        var report = await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default);
        Assert.Equal((2, 4, 4), (report.Participants, report.UpTracks, report.DownTracks));
        Assert.Equal(["left", "right"], report.ParticipantList!.Select(p => p.Participant).Order());
        Assert.Equal([1, 1], _room.Node.Host.Rooms.Parts.Select(p => p.ParticipantCount));
    }

    /// <summary>The operator sees one room, on the port of its hub.</summary>
    [Fact]
    public async Task Report_OfTheNode_HasOneRoomWithSums()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");
        await _room.Node.Control.PutParticipantAsync(PartedRoom.Room, "left", new ParticipantSpec { Generation = 1, Region = "north" }, default);
        await _room.Node.Control.PutParticipantAsync(PartedRoom.Room, "right", new ParticipantSpec { Generation = 1, Region = "north" }, default);

        var node = await _room.Node.Control.GetNodeAsync(default);

        var room = Assert.Single(node.Rooms);
        Assert.Equal((2, 4, 2, 2, _room.Hub.Loop.Port), (room.Participants, room.UpTracks, room.Connected, room.Regions["north"], room.Port));
        Assert.Equal((2, 4), (node.Participants, node.UpTracks));
    }

    [Fact]
    public async Task Subscribe_WithSlots_ReceivesCameraAndScreenOfTheOtherPart()
    {
        var right = await _room.PublishAsync("right", PartedRoom.CameraAndScreen);
        var left = await _room.SubscribeAsync("left", tracks: 3, new SlotCounts { Audio = 3, Video = 4 });
        await _room.Node.Control.ViewAsync(PartedRoom.Room, "left", PartedRoom.Shows(("right", "camera"), ("right", "screen")), default);

        await _room.UntilAsync("camera and screen", () => PartedRoom.Send(right, 1) && PartedRoom.SendScreen(right, 2) && PartedRoom.Count(left, 96, 1) > 3 && PartedRoom.Count(left, 96, 2) > 3 && PartedRoom.Count(left, 111, 1) > 3);
    }

    [Fact]
    public async Task Play_RightAfterAPublishOnTheOtherPart_HasItsTracks()
    {
        for (var i = 0; i < 20; i++)
        {
            await _room.PublishAsync($"right-{i}");
            var answer = await _room.Node.Control.PlayAsync(PartedRoom.Room, $"left-{i}", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(_room.Create()), Feeds = [$"right-{i}"] }, default);
            Assert.Equal(2, answer.Tracks.Count);
        }
    }

    /// <summary>A part knows the tracks of the room before it serves the first participant.</summary>
    [Fact]
    public async Task Play_FirstOfANewPart_HasTheTracksOfTheHub()
    {
        var left = await _room.PublishAsync("left");
        var player = _room.Create();

        var answer = await _room.Node.Control.PlayAsync(PartedRoom.Room, "right", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(player), Feeds = ["left"] }, default);

        player.Connect(answer.Sdp);
        await _room.UntilAsync("sound and picture", () => PartedRoom.Send(left, 1) && PartedRoom.Count(player, 120, 1) > 3 && PartedRoom.Count(player, 109, 1) > 3);
    }

    [Fact]
    public async Task Mute_OnOnePart_SilencesTheOther()
    {
        var right = await _room.PublishAsync("right");
        var left = await _room.SubscribeAsync("left", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, left);

        await _room.Node.Control.MuteAsync(PartedRoom.Room, "right", new TrackMuteRequest { Muted = new MuteState { Microphone = true } }, default);
        await _room.UntilTrueAsync("the hub knows", () => _room.AtAsync("left", room => room.Tracks.Of(["right"]).Exists(t => t.Track is { Source: Sfu.Tracks.TrackSource.Microphone, IsMuted: true })));
        await _room.UntilAsync("video goes on", () => PartedRoom.Send(right, 2) && PartedRoom.Count(left, 96, 2) > 10);
        Assert.Equal(0, PartedRoom.Count(left, 111, 2));

        await _room.Node.Control.MuteAsync(PartedRoom.Room, "right", new TrackMuteRequest { Muted = new MuteState { Microphone = false } }, default);
        await _room.UntilReceivedAsync(right, 3, left);
    }

    [Fact]
    public async Task Exclude_OnAnotherPart_EndsTheTracksAndKeepsThePersonOut()
    {
        var right = await _room.PublishAsync("right");
        var left = await _room.SubscribeAsync("left", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, left);

        await _room.Node.Control.ExcludeParticipantAsync(PartedRoom.Room, "right", default);

        await _room.Events.UntilAsync("an offer without tracks", e => e.Last(RoomEventTypes.Offer, "left")?.Tracks?.Count == 0);
        Assert.Equal("removed", _room.Events.Last(RoomEventTypes.ParticipantLeft, "right")!.Reason);
        _room.Node.Host.Rooms.ChoosePart = static (_, loads) => Array.FindIndex(loads, l => l.IsHub);
        Assert.Equal("participant-removed", (await Assert.ThrowsAsync<NodeControlException>(() => _room.PublishAsync("right"))).Code);
    }

    [Fact]
    public async Task DeleteSession_OnAnotherPart_EndsIt()
    {
        await _room.PublishAsync("right");
        await _room.Events.UntilAsync("it is connected", e => e.Last(RoomEventTypes.SessionState, "right") is { State: "connected" });
        var session = _room.Events.Last(RoomEventTypes.SessionState, "right")!.SessionId!;

        await _room.Node.Control.DeleteSessionAsync(PartedRoom.Room, session, default);

        await _room.Events.UntilAsync("it has ended", e => e.Last(RoomEventTypes.SessionState, "right") is { State: "closed" } last && last.SessionId == session);
        Assert.Equal(0, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).UpTracks);
    }

    /// <summary>One event of the room, whoever speaks, and everybody gets that voice first.</summary>
    [Fact]
    public async Task Speaking_OnAnotherPart_IsReportedOnceAndHeard()
    {
        var right = await _room.PublishAsync("right");
        var left = await _room.SubscribeAsync("left", tracks: 2, new SlotCounts { Audio = 3, Video = 4 });
        await _room.UntilAsync("right is heard", () => Speak(right) && PartedRoom.Count(left, 111, 9) > 3);
        await _room.UntilAsync("right speaks", () => Speak(right) && _room.Events.Last(RoomEventTypes.Speaking, "right") is not null);
        var first = _room.Events.All.Count(e => e.Type == RoomEventTypes.Speaking);
        var begin = DateTime.UtcNow;
        await _room.UntilAsync("two seconds of speech", () => Speak(right) && DateTime.UtcNow - begin > TimeSpan.FromSeconds(2.5));

        var events = _room.Events.All.Where(e => e.Type == RoomEventTypes.Speaking).ToList();
        Assert.All(events, e => Assert.Equal("right", e.ParticipantId));
        Assert.InRange(events.Count - first, 1, 3); // once a second, and not twice
    }

    /// <summary>A new reader gets the state of all parts, and then "ready".</summary>
    [Fact]
    public async Task Events_NewReader_BeginWithTheStateOfAllParts()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");
        await _room.SubscribeAsync("right", tracks: 2);
        await _room.SubscribeAsync("left", tracks: 2);

        await using var events = await RoomEvents.OpenAsync(_room.Node.Control, PartedRoom.Room);

        Assert.Equal(["left", "right"], events.All.TakeWhile(e => e.Type != RoomEventTypes.Ready).Where(e => e.Type == RoomEventTypes.Offer).Select(e => e.ParticipantId).Order());
        Assert.Equal(RoomEventTypes.Ready, events.All[^1].Type);
    }

    /// <summary>A client that replaces its connections stays on its part, and others go on without an offer.</summary>
    [Fact]
    public async Task Publish_Again_ContinuesForTheOtherPart()
    {
        var right = await _room.PublishAsync("right");
        var left = await _room.SubscribeAsync("left", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, left);
        var streams = PartedRoom.Streams(left);

        var again = await _room.PublishAsync("right", restart: true);
        await _room.UntilReceivedAsync(again, 2, left);

        Assert.Equal(streams, PartedRoom.Streams(left));
        Assert.Null(_room.Events.Last(RoomEventTypes.Offer, "left"));
    }

    [Fact]
    public async Task Publish_ThreeLoops_PartsSeeEachOtherThroughTheHub()
    {
        await _room.DisposeAsync();
        _room = await PartedRoom.StartAsync(loops: 3);
        var right = await _room.PublishAsync("right");
        var south = await _room.PublishAsync("south");
        var rightView = await _room.SubscribeAsync("right", tracks: 2);
        var southView = await _room.SubscribeAsync("south", tracks: 2);

        await _room.UntilReceivedAsync(right, 1, southView);
        await _room.UntilReceivedAsync(south, 2, rightView);

        Assert.Equal([0, 1, 1], _room.Node.Host.Rooms.Parts.Select(p => p.ParticipantCount));
        Assert.All([PartedRoom.Count(southView, 96, 2), PartedRoom.Count(rightView, 96, 1)], own => Assert.Equal(0, own));
    }

    private static bool Speak(SyntheticPeer peer)
    {
        peer.SendVoice(TestSdp.AudioSsrc, 0, 10, [1, 2, 9]);
        return true;
    }
}
