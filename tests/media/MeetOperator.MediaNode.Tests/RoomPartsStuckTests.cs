using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The loop of one part stands still: whoever has nothing to do with that part does not wait for it. Whoever has a name that begins with "r" is on the second loop.</summary>
public sealed class RoomPartsStuckTests : IAsyncLifetime
{
    /// <summary>Far below the time for which the loop stands still.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync();

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    [Fact]
    public async Task Play_LoopOfAPartStandsStill_GetsTheTracksOfTheOthers()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");
        await using var held = await HeldLoop.HoldAsync(_room.Part.Loop);

        var request = new PlayRequest { Generation = 1, Sdp = TestSdp.Play(_room.Create()), Feeds = ["left"] };
        var answer = await _room.Node.Control.PlayAsync(PartedRoom.Room, "left-2", request, default).WaitAsync(Soon);

        Assert.Equal(2, answer.Tracks.Count);
    }

    /// <summary>Signaling looks for those that the media node has lost. Nobody on the part counts as one of them.</summary>
    [Fact]
    public async Task Report_LoopOfAPartStandsStill_NamesWhoIsThere()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");
        await _room.SubscribeAsync("right", tracks: 2);
        Assert.Equal(4, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).UpTracks);
        await using var held = await HeldLoop.HoldAsync(_room.Part.Loop);

        var report = await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default).WaitAsync(Soon);
        var updated = await _room.Node.Control.PutRoomAsync(PartedRoom.Room, new RoomSpec { Generation = 2, MaxParticipants = 100 }, default).WaitAsync(Soon);

        Assert.Equal((2, 4), (report.Participants, report.UpTracks));
        Assert.Equal(["left", "right"], report.ParticipantList!.Select(p => p.Participant).Order());
        Assert.Equal(["", null], report.ParticipantList!.OrderBy(p => p.Participant).Select(p => p.SubscribeSession));
        Assert.Equal((2, 2, 4), (updated.Generation, updated.Participants, updated.UpTracks));
    }

    /// <summary>A new reader is not kept waiting. The state of the part follows.</summary>
    [Fact]
    public async Task Events_LoopOfAPartStandsStill_AreReadyAndGetItsStateLater()
    {
        await _room.PublishAsync("left");
        await _room.SubscribeAsync("right", tracks: 2);
        await _room.SubscribeAsync("left-2", tracks: 2);
        RoomEvents events;
        await using (await HeldLoop.HoldAsync(_room.Part.Loop))
        {
            events = await RoomEvents.OpenAsync(_room.Node.Control, PartedRoom.Room).WaitAsync(Soon);
            Assert.NotNull(events.Last(RoomEventTypes.Offer, "left-2"));
            Assert.Null(events.Last(RoomEventTypes.Offer, "right"));
        }

        await events.UntilAsync("the state of the part", e => e.Last(RoomEventTypes.Offer, "right") is not null);
        Assert.Single(events.All, e => e.Type == RoomEventTypes.Ready);
        await events.DisposeAsync();
    }

    [Fact]
    public async Task DeleteSession_LoopOfAnotherPartStandsStill_EndsIt()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");
        await using var held = await HeldLoop.HoldAsync(_room.Part.Loop);

        await _room.Events.UntilAsync("it is connected", e => e.Last(RoomEventTypes.SessionState, "left") is { State: "connected" });
        var session = _room.Events.Last(RoomEventTypes.SessionState, "left")!.SessionId!;
        await _room.Node.Control.DeleteSessionAsync(PartedRoom.Room, session, default).WaitAsync(Soon);

        await _room.Events.UntilAsync("it has ended", e => e.Last(RoomEventTypes.SessionState, "left") is { State: "closed" });
    }

    /// <summary>A part cannot open on a loop that stands still, and whoever was to be there joins another one.</summary>
    [Fact]
    public async Task Put_LoopForANewPartStandsStill_JoinsAnotherPart()
    {
        await _room.PublishAsync("left");
        _room.Node.Host.Rooms.ChoosePart = static (_, loads) => Array.FindIndex(loads, l => !l.IsHub && !l.IsStuck) is >= 0 and var other ? other : Array.FindIndex(loads, l => l.IsHub);
        await using var held = await HeldLoop.HoldAsync(_room.Node.Host.Loops.Single(l => l != _room.Hub.Loop));

        await _room.Node.Control.PutParticipantAsync(PartedRoom.Room, "right", new ParticipantSpec { Generation = 1 }, default).WaitAsync(Soon);

        Assert.Equal(2, _room.Hub.ParticipantCount);
        Assert.Equal([_room.Hub], _room.Node.Host.Rooms.Parts);
    }
}
