using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>How a room on two loops ends, as a whole or in part, and the rules that hold for all its parts. Whoever has a name that begins with "r" is on the second loop.</summary>
public sealed class RoomPartsEndTests : IAsyncLifetime
{
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync(maxParticipants: 4);

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    [Fact]
    public async Task DeleteRoom_TwoParts_EndsAllSessionsAndThenTheEvents()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");

        await _room.Node.Control.DeleteRoomAsync(PartedRoom.Room, 1, default);

        await _room.Events.UntilAsync("the stream has ended", e => e.HasEnded);
        Assert.Equal((RoomEventTypes.RoomEnded, "deleted"), (_room.Events.All[^1].Type, _room.Events.All[^1].Reason));
        Assert.Equal(["left", "right"], _room.Events.All.Where(e => e is { Type: RoomEventTypes.SessionState, State: "closed" }).Select(e => e.ParticipantId).Order());
        Assert.DoesNotContain(_room.Events.All, e => e.Type == RoomEventTypes.ParticipantLeft);
        foreach (var loop in _room.Node.Host.Loops)
        {
            Assert.Equal((0, 0), await loop.RunAsync(() => (loop.Peers.Sessions.Count, loop.LoopLinks.Count), default));
        }

        Assert.Equal("unknown-room", (await Assert.ThrowsAsync<NodeControlException>(() => _room.PublishAsync("right"))).Code);
    }

    [Fact]
    public async Task DeleteRoom_OnlyIfEmptyWithSomebodyOnAnotherPart_IsRejected()
    {
        await _room.PublishAsync("right");

        Assert.Equal("not-empty", (await Assert.ThrowsAsync<NodeControlException>(() => _room.Node.Control.DeleteRoomAsync(PartedRoom.Room, 1, default, onlyIfEmpty: true))).Code);
        await _room.Node.Control.DeleteParticipantAsync(PartedRoom.Room, "right", default);
        await _room.Node.Control.DeleteRoomAsync(PartedRoom.Room, 1, default, onlyIfEmpty: true);
    }

    /// <summary>A newer assignment that one part has learnt of holds for all of them.</summary>
    [Theory]
    [InlineData("left", "right")]
    [InlineData("right", "left")]
    public async Task Fence_NewerGenerationOnOnePart_RejectsOlderRequestsOnAll(string first, string second)
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");

        await _room.Node.Control.PutParticipantAsync(PartedRoom.Room, first, new ParticipantSpec { Generation = 7 }, default);

        Assert.Equal("stale-generation", (await Assert.ThrowsAsync<NodeControlException>(() => _room.Node.Control.PutParticipantAsync(PartedRoom.Room, second, new ParticipantSpec { Generation = 6 }, default))).Code);
        Assert.Equal("stale-generation", (await Assert.ThrowsAsync<NodeControlException>(() => _room.Node.Control.DeleteRoomAsync(PartedRoom.Room, 6, default))).Code);
        Assert.Equal(7, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Generation);
    }

    /// <summary>The limit holds for the room, also when many come at once to different loops.</summary>
    [Fact]
    public async Task Put_MoreParticipantsThanTheLimit_AdmitsExactlyTheLimit()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? $"left-{i}" : $"right-{i}")];

        var results = await Task.WhenAll(names.Select(async name =>
        {
            try
            {
                await _room.Node.Control.PutParticipantAsync(PartedRoom.Room, name, new ParticipantSpec { Generation = 1 }, default);
                return "";
            }
            catch (NodeControlException e)
            {
                return e.Code;
            }
        }));

        Assert.Equal(4, results.Count(r => r == ""));
        Assert.All(results.Where(r => r != ""), code => Assert.Equal("room-full", code));
        Assert.Equal(4, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Participants);
    }

    /// <summary>An error of one part ends the sessions there. Its participants come back, and the others notice no more than that.</summary>
    [Fact]
    public async Task Fail_OfAPart_EndsItsSessionsOnly()
    {
        var left = await _room.PublishAsync("left");
        var right = await _room.PublishAsync("right");
        var leftView = await _room.SubscribeAsync("left-2", tracks: 4);
        await _room.UntilReceivedAsync(right, 1, leftView);
        await _room.UntilReceivedAsync(left, 1, leftView);
        var part = _room.Part;

        await FailAsync(part);
        await _room.Events.UntilAsync("right has left", e => e.Last(RoomEventTypes.ParticipantLeft, "right")?.Reason == "error");
        await _room.UntilReceivedAsync(left, 2, leftView);
        var again = await _room.PublishAsync("right");
        await _room.UntilReceivedAsync(again, 3, await _room.SubscribeAsync("left", tracks: 2));

        Assert.DoesNotContain(_room.Events.All, e => e.Type == RoomEventTypes.RoomEnded || (e.Type == RoomEventTypes.ParticipantLeft && e.ParticipantId != "right"));
        Assert.NotEqual(part, _room.Part);
        Assert.Equal(3, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Participants);
    }

    /// <summary>Who was on the part that has failed comes back on another one.</summary>
    [Fact]
    public async Task Publish_AgainOnAnotherPart_ReplacesTheFormerOne()
    {
        var right = await _room.PublishAsync("right");
        var leftView = await _room.SubscribeAsync("left", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, leftView);

        _room.Node.Host.Rooms.ChoosePart = static (_, loads) => Array.FindIndex(loads, l => l.IsHub);
        await FailAsync(_room.Part);
        var again = await _room.PublishAsync("right");
        await _room.UntilReceivedAsync(again, 2, await _room.SubscribeAsync("left-2", tracks: 2));

        Assert.Equal(2, (await _room.AtAsync("left", room => room.Tracks.Of(["right"]))).Count);
        Assert.Equal(2, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).UpTracks);
        Assert.Single(_room.Node.Host.Rooms.Parts);
    }

    /// <summary>Nobody could hear the other part, so its participants come back on a part that is linked.</summary>
    [Fact]
    public async Task Fail_OfTheLinkBetweenLoops_EndsTheSessionsOfThePart()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");
        var hub = _room.Hub;

        await hub.Loop.RunAsync(
            () =>
            {
                Assert.Single(hub.Loop.LoopLinks.All).Fail(new InvalidOperationException("error in a link"));
                return true;
            },
            default);

        await _room.Events.UntilAsync("right has left", e => e.Last(RoomEventTypes.ParticipantLeft, "right")?.Reason == "error");
        var again = await _room.PublishAsync("right");
        var left = await _room.SubscribeAsync("left", tracks: 2);
        await _room.UntilReceivedAsync(again, 1, left);
    }

    [Fact]
    public async Task Fail_OfTheHub_EndsTheRoom()
    {
        await _room.PublishAsync("left");
        await _room.PublishAsync("right");

        await FailAsync(_room.Hub);

        await _room.Events.UntilAsync("the stream has ended", e => e.HasEnded);
        Assert.Equal((RoomEventTypes.RoomEnded, "error"), (_room.Events.All[^1].Type, _room.Events.All[^1].Reason));
        Assert.Empty(_room.Node.Host.Rooms.Parts);
        await _room.Node.Control.PutRoomAsync(PartedRoom.Room, new RoomSpec { Generation = 1 }, default);
        await _room.PublishAsync("right");
    }

    [Fact]
    public async Task Leave_LastOneOfAPart_ClosesItAfterATime()
    {
        await _room.DisposeAsync();
        _room = await PartedRoom.StartAsync(emptyTime: TimeSpan.FromMilliseconds(300));
        await _room.PublishAsync("right");
        var first = _room.Part;

        await _room.Node.Control.DeleteParticipantAsync(PartedRoom.Room, "right", default);
        await _room.UntilAsync("the part has closed", () => _room.Node.Host.Rooms.Parts.Count == 1);

        await _room.UntilTrueAsync("the hub has closed its end of the link", () => _room.Hub.Loop.RunAsync(() => _room.Hub.Loop.LoopLinks.Count == 0, default)); // soon after the part has left the room
        Assert.DoesNotContain(_room.Events.All, e => e.Type == RoomEventTypes.RoomEnded);
        var right = await _room.PublishAsync("right");
        Assert.NotEqual(first, _room.Part);
        await _room.UntilReceivedAsync(right, 1, await _room.SubscribeAsync("left", tracks: 2));
    }

    /// <summary>A loop that stands still is like a link that is interrupted: signaling learns who cannot be seen, and that they can be again.</summary>
    [Fact]
    public async Task Unreachable_LoopOfAPartStandsStill_NamesWhoIsThere()
    {
        await _room.PublishAsync("right");
        await _room.SubscribeAsync("left", tracks: 2);
        using var release = new ManualResetEventSlim();
        var held = _room.Part.Loop.RunAsync(() => release.Wait(TimeSpan.FromSeconds(60)), default);

        await _room.UntilAsync("right is unreachable", () => _room.Events.Last(RoomEventTypes.Unreachable)?.Participants?.SequenceEqual(["right"]) == true);
        release.Set();
        await held;
        await _room.UntilAsync("everybody is reachable", () => _room.Events.Last(RoomEventTypes.Unreachable)?.Participants?.Count == 0);
        await _room.UntilTrueAsync("the tracks are back", () => _room.AtAsync("left", room => room.Tracks.Of(["right"]).Count == 2));
    }

    private static Task FailAsync(Rooms.NodeRoom room) => room.Loop.RunAsync(
        () =>
        {
            room.Fail(new InvalidOperationException("error in a part"));
            return true;
        },
        default);
}
