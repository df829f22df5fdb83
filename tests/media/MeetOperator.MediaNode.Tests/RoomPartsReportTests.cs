using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What the operator learns about a room on two loops. Whoever has a name that begins with "r" is on the second loop.</summary>
public sealed class RoomPartsReportTests : IAsyncLifetime
{
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync();

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    /// <summary>Otherwise it would move other meetings away from a loop that this one keeps busy.</summary>
    [Fact]
    public async Task Report_TwoParts_TellsWhatEachLoopHas()
    {
        var left = await _room.PublishAsync("left");
        var right = await _room.SubscribeAsync("right", tracks: 2);
        await _room.SubscribeAsync("right-2", tracks: 2);
        await _room.UntilReceivedAsync(left, 1, right);

        RoomReport room = null!;
        await _room.UntilTrueAsync("both parts had packets to forward, which takes five seconds", async () =>
        {
            room = Assert.Single((await _room.Node.Control.GetNodeAsync(default)).Rooms);
            return PartedRoom.Send(left, 1) && room.Parts.All(part => part.PacketsIn > 0);
        });

        Assert.Equal([(_room.Hub.Loop.Port, 1), (_room.Part.Loop.Port, 2)], room.Parts.OrderBy(p => p.Participants).Select(p => (p.Port, p.Participants)));
        var (hub, part) = (room.Parts[0], room.Parts[1]);
        Assert.True(hub.PacketsOut > 0 && part.PacketsOut > 0); // across, and to the two participants there
        Assert.Equal((hub.PacketsIn, part.PacketsOut), (room.PacketsIn, room.PacketsOut)); // nothing that crosses counts twice
        Assert.Equal(room.Port, room.Parts[0].Port); // the hub first
        Assert.Equal(room.Parts.Count, (await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Parts.Count);
    }

    [Fact]
    public async Task Report_OnePart_DoesNotNameIt()
    {
        await _room.PublishAsync("left");

        Assert.Empty(Assert.Single((await _room.Node.Control.GetNodeAsync(default)).Rooms).Parts);
        Assert.Empty((await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Parts);
    }

    /// <summary>Totals do not go back when a part closes.</summary>
    [Fact]
    public async Task Report_PartHasClosed_KeepsItsPackets()
    {
        var left = await _room.PublishAsync("left");
        var right = await _room.SubscribeAsync("right", tracks: 2);
        await _room.UntilReceivedAsync(left, 1, right);
        var before = await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default);
        var part = _room.Part;

        await PartedRoom.OnAsync(part.Loop, () =>
        {
            part.Fail(new InvalidOperationException("error in a part"));
            return true;
        });

        var after = await _room.Node.Control.GetRoomAsync(PartedRoom.Room, default);
        Assert.True(before.PacketsOut > 0);
        Assert.InRange(after.PacketsOut, before.PacketsOut, long.MaxValue);
        Assert.Single(_room.Node.Host.Rooms.Parts);
    }
}
