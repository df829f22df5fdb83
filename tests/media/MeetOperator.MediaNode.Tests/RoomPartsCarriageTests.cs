using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A person publishes on two media nodes at once, one of which has parts. All rooms and parts choose the same connection.</summary>
public sealed class RoomPartsCarriageTests : IAsyncLifetime
{
    private const string Room = PartedRoom.Room;
    private PartedRoom _room = null!;
    private TestNode _other = null!;

    public async Task InitializeAsync()
    {
        (_room, _other) = (await PartedRoom.StartAsync(), await TestNode.StartAsync());
        await _other.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1 }, default);
    }

    public async Task DisposeAsync()
    {
        await _room.DisposeAsync();
        await _other.DisposeAsync();
    }

    /// <summary>The media nodes did not know of each other when the person came, so the numbers and generations are equal, and the names decide.</summary>
    /// <param name="participant">On the hub or on the other part.</param>
    /// <param name="name">The name of the media node with parts.</param>
    /// <param name="chosen">The name that all choose.</param>
    [Theory]
    [InlineData("right", "ns/z", "ns/z")]
    [InlineData("right", "ns/a", "ns/m")]
    [InlineData("left", "ns/z", "ns/z")]
    [InlineData("left", "ns/a", "ns/m")]
    public async Task Publish_OnTwoNodes_AllChooseTheSame(string participant, string name, string chosen)
    {
        var (here, there) = (await _room.PublishAsync(participant), await PublishAsync(participant));
        await _room.PublishAsync("right-0");
        await _room.LinkAsync(name, _other, "ns/m");

        await _room.UntilTrueAsync("all have chosen", async () =>
        {
            PartedRoom.Send(here, 1);
            PartedRoom.Send(there, 2);
            var all = await Task.WhenAll(ChosenAsync(_room.Hub), ChosenAsync(_room.Part), ChosenAsync(_other.Host.Rooms.Rooms.Single()));
            return all.All(origins => origins == $"{chosen} {chosen}");
        });

        // Everybody gets the media of that connection.
        var (publisher, mark) = chosen == name ? (here, (byte)3) : (there, (byte)4);
        var (left, right) = (await _room.SubscribeAsync("left-1", tracks: 2), await _room.SubscribeAsync("right-1", tracks: 2));
        await _room.UntilReceivedAsync(publisher, mark, left, right);

        Task<string> ChosenAsync(NodeRoom room) =>
            LinkedLoops.OnAsync(room.Loop, () => string.Join(' ', room.Tracks.Of([participant]).Select(t => t.Carriage.Origin)));
    }

    private async Task<SyntheticPeer> PublishAsync(string name)
    {
        var peer = _room.Create();
        peer.Connect((await _other.Control.PublishAsync(Room, name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await _room.UntilAsync($"{name} connected", () => peer.IsConnected);
        return peer;
    }
}
