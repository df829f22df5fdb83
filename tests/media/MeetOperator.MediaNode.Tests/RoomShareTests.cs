using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What the parts of a room have in common.</summary>
public sealed class RoomShareTests : IAsyncLifetime
{
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync(loops: 1);

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    /// <summary>Also in a media node with one loop, where nobody asks for a place.</summary>
    [Fact]
    public void Leave_AfterTheTimeForAReturn_ForgetsEarlierOnes()
    {
        var share = new RoomShare("s", new RoomSpec { Generation = 1 }, static () => { }) { KeepTime = TimeSpan.Zero };
        share.Add(_room.Hub);
        Pass(share, "first");
        Assert.Equal(_room.Hub, share.Find("first"));

        Pass(share, "second");

        Assert.Null(share.Find("first"));
    }

    [Fact]
    public void Leave_WithinTheTimeForAReturn_KeepsThePlace()
    {
        var share = new RoomShare("s", new RoomSpec { Generation = 1 }, static () => { });
        share.Add(_room.Hub);
        Pass(share, "first");

        Pass(share, "second");

        Assert.Equal(_room.Hub, share.Find("first"));
    }

    private void Pass(RoomShare share, string participant)
    {
        share.Enter(participant, _room.Hub, limit: 100);
        share.Leave(participant, _room.Hub);
    }
}
