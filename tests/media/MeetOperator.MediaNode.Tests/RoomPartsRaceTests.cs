using System.Diagnostics;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Requests that meet on different loops of a room: removals and joins, rejected ones, and the end of a part or of the room. Whoever has a name that begins with "r" is on the second loop.
/// </summary>
public sealed class RoomPartsRaceTests : IAsyncLifetime
{
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync(maxParticipants: 4);

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    /// <summary>The media node does not know the participant yet, so the removal is one for the hub, while the join goes to another part.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exclude_WhileTheParticipantJoinsAPart_KeepsThePersonOut(bool isRemovalFirst)
    {
        await _room.PublishAsync("right-2");
        Task removal, join;
        await using (await HeldLoop.HoldAsync(isRemovalFirst ? _room.Hub.Loop : _room.Part.Loop))
        {
            if (isRemovalFirst)
            {
                removal = RemoveAsync(generation: 1);
                join = JoinAsync("right");
                await Record.ExceptionAsync(() => join); // the loop of the part runs
            }
            else
            {
                join = JoinAsync("right");
                removal = RemoveAsync(generation: 1);
            }
        }

        await removal;
        await Record.ExceptionAsync(() => join);
        Assert.DoesNotContain((await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).ParticipantList!, p => p.Participant == "right");
        Assert.Equal("participant-removed", (await Assert.ThrowsAsync<ControlProblemException>(() => JoinAsync("right"))).Code);
    }

    /// <summary>The part of the participant still opens, because the loop of the hub is busy. A removal that is not for good comes after the join that was before it, and before the one after it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Remove_WhileThePartOpens_KeepsTheOrder(bool isFollowedByAJoin)
    {
        var other = _room.Node.Host.Loops.Single(loop => loop != _room.Hub.Loop);
        var requests = new List<Task>();
        await using (await HeldLoop.HoldAsync(_room.Hub.Loop))
        {
            requests.Add(JoinAsync("right"));
            requests.Add(_room.Node.Host.Rooms.RemoveParticipantAsync(PartedRoom.Room, "right", 1, permanent: false, default));
            if (isFollowedByAJoin)
            {
                requests.Add(JoinAsync("right"));
            }

            await PartedRoom.OnAsync(other, static () => true); // everything that waited on the part's loop has run before this
        }

        await Task.WhenAll(requests);

        Assert.Equal(isFollowedByAJoin ? 1 : 0, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Participants);
        await _room.Events.UntilAsync("the removal", e => e.Last(RoomEventTypes.ParticipantLeft, "right") is not null);
    }

    [Fact]
    public async Task Exclude_StaleGeneration_ChangesNothing()
    {
        await Assert.ThrowsAsync<ControlProblemException>(() => RemoveAsync(generation: 0));

        await JoinAsync("right");
        Assert.Equal(1, _room.Part.ParticipantCount);
    }

    /// <summary>A part costs memory, a link and the state of all tracks. A request that is rejected opens none.</summary>
    [Theory]
    [InlineData("room-full")]
    [InlineData("stale-generation")]
    [InlineData("participant-removed")]
    [InlineData("unknown-participant")]
    public async Task Join_Rejected_OpensNoPart(string code)
    {
        await JoinAsync("left");
        for (var i = 0; code == "room-full" && i < 3; i++)
        {
            await JoinAsync($"left-{i}");
        }

        if (code == "participant-removed")
        {
            await _room.Node.Control.ExcludeParticipantAsync(PartedRoom.Room, "right", default);
        }

        var (generation, peer) = (code == "stale-generation" ? 0 : 1, _room.Create());
        Func<Task>[] requests = code == "unknown-participant"
            ?
            [
                () => _room.Node.Control.AnswerAsync(PartedRoom.Room, "right", new SubscribeAnswer { Revision = 1, Sdp = TestSdp.Publish(peer) }, default),
                () => _room.Node.Control.ViewAsync(PartedRoom.Room, "right", PartedRoom.Shows(("left", "camera")), default),
            ]
            :
            [
                () => _room.Node.Control.PutParticipantAsync(PartedRoom.Room, "right", new ParticipantSpec { Generation = generation }, default),
                () => _room.Node.Control.PublishAsync(PartedRoom.Room, "right", new SdpOffer { Generation = generation, Sdp = TestSdp.Publish(peer) }, default),
                () => _room.Node.Control.SubscribeAsync(PartedRoom.Room, "right", new SubscribeRequest { Generation = generation }, default),
                () => _room.Node.Control.PlayAsync(PartedRoom.Room, "right", new PlayRequest { Generation = generation, Sdp = TestSdp.Play(peer) }, default),
            ];

        foreach (var request in requests)
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<NodeControlException>(request)).Code);
        }

        Assert.Single(_room.Node.Host.Rooms.Parts);
        Assert.Equal(0, await PartedRoom.OnAsync(_room.Hub.Loop, () => _room.Hub.Loop.LoopLinks.Count));
    }

    /// <summary>Somebody comes back while the part that has failed still ends the sessions of others. For every reader, the departure is first.</summary>
    [Fact]
    public async Task Fail_ParticipantComesBackAtOnce_LeavesBeforeTheReturn()
    {
        string[] names = ["right-1", "right-2", "right-3"];
        foreach (var name in names)
        {
            await JoinAsync(name);
        }

        var (part, hub) = (_room.Part, _room.Hub);
        Task[] returns;
        await using (await HeldLoop.HoldAsync(part.Loop, () =>
        {
            SpinFor(MediaLoop.CommandTicks); // so that the next steps of the end are later commands
            part.Fail(new InvalidOperationException("error in a part"));
        }))
        {
            _room.Node.Host.Rooms.ChoosePart = static (_, loads) => Array.FindIndex(loads, l => l.IsHub);
            returns = [.. names.Select(name => _room.Node.Host.Rooms.RunAsync(PartedRoom.Room, name, joins: 1, room => Return(room, name), default))];
            await PartedRoom.OnAsync(hub.Loop, static () => true);
        }

        await Task.WhenAll(returns);
        await _room.Events.UntilAsync("all have returned", e => names.All(name => e.Last(RoomEventTypes.TrackAdded, name) is not null && e.Last(RoomEventTypes.ParticipantLeft, name) is not null));
        foreach (var name in names)
        {
            Assert.Equal(
                [(RoomEventTypes.ParticipantLeft, "error"), (RoomEventTypes.TrackAdded, null)], _room.Events.All.Where(e => e.ParticipantId == name).Select(e => (e.Type, e.Reason)));
        }

        Assert.Equal(names, hub.Participants.Select(p => p.Id).Order());
        Assert.Equal(3, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Participants);
    }

    /// <summary>The room ends while a part opens on a loop, before or after the hub has linked it. Nothing of the part is left.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DeleteRoom_WhileAPartOpens_LeavesNothing(bool isHubHeld)
    {
        var hub = _room.Hub.Loop;
        var other = _room.Node.Host.Loops.Single(loop => loop != hub);
        Task join, deletion;
        await using (await HeldLoop.HoldAsync(isHubHeld ? hub : other))
        {
            deletion = isHubHeld ? DeleteAsync() : Task.CompletedTask;
            join = JoinAsync("right");
            deletion = isHubHeld ? deletion : DeleteAsync();
            if (!isHubHeld)
            {
                await _room.Events.UntilAsync("the room has ended", e => e.HasEnded);
            }
        }

        await deletion;
        Assert.Equal("unknown-room", (await Assert.ThrowsAsync<ControlProblemException>(() => join)).Code);
        foreach (var loop in _room.Node.Host.Loops)
        {
            await LinkedLoops.UntilAsync("no link is left", () => PartedRoom.OnAsync(loop, () => loop.LoopLinks.Count == 0));
        }

        Assert.Empty(_room.Node.Host.Rooms.Parts);
        await _room.Node.Control.PutRoomAsync(PartedRoom.Room, new RoomSpec { Generation = 2 }, default);
        await _room.Node.Control.PutParticipantAsync(PartedRoom.Room, "right", new ParticipantSpec { Generation = 2 }, default);
        Assert.Equal(1, _room.Part.ParticipantCount);

        Task DeleteAsync() => _room.Node.Host.Rooms.DeleteAsync(PartedRoom.Room, 1, "deleted", default);
    }

    private Task RemoveAsync(long generation) => _room.Node.Host.Rooms.RemoveParticipantAsync(PartedRoom.Room, "right", generation, permanent: true, default);

    private Task JoinAsync(string name) => _room.Node.Host.Rooms.RunAsync(
        PartedRoom.Room,
        name,
        joins: 1,
        room =>
        {
            room.Touch(name, 1);
            return true;
        },
        default);

    private static bool Return(Rooms.NodeRoom room, string name)
    {
        room.Touch(name, 1);
        room.Events.Publish(new RoomEvent { Type = RoomEventTypes.TrackAdded, ParticipantId = name, Source = "camera" });
        return true;
    }

    private static void SpinFor(long ticks)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.Ticks < ticks)
        {
            Thread.SpinWait(100);
        }
    }
}
