using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A room on two loops of one media node. Whoever has a name that begins with "r" is on the second loop. Clients know nothing of it.</summary>
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
}
