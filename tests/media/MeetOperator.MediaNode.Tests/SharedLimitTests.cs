using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The limits of a participant apply to all its sessions together, so that more sessions do not give it more.</summary>
public sealed class SharedLimitTests : IAsyncLifetime
{
    private const byte PlayedVideo = 120;
    private readonly SyntheticPeer _carol = new();
    private readonly SyntheticPeer _publisher = new();
    private readonly SyntheticPeer _player = new();
    private TwoRooms _rooms = null!;

    /// <summary>Mallory publishes, and plays carol in another session.</summary>
    public async Task InitializeAsync()
    {
        _rooms = await TwoRooms.StartAsync();
        await _rooms.PublishAsync(TwoRooms.Bad, "carol", _carol);
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", _publisher);
        var play = new PlayRequest { Generation = 1, Sdp = TestSdp.Play(_player, rtx: false), Feeds = ["carol"] };
        _player.Connect((await _rooms.Node.Control.PlayAsync(TwoRooms.Bad, "mallory", play, default)).Sdp);
        await SyntheticPeer.UntilAsync("mallory's player is connected", () => _player.IsConnected, _player, _publisher, _carol);
    }

    public async Task DisposeAsync()
    {
        _carol.Dispose();
        _publisher.Dispose();
        _player.Dispose();
        await _rooms.DisposeAsync();
    }

    [Fact]
    public async Task Ingress_UsedUp_DropsPacketsOfEverySession()
    {
        await OfMalloryAsync(mallory =>
        {
            mallory.Limits.Ingress.Count(MonotonicClock.NowTicks, bytes: 400_000_000); // More than a minute's worth.
            return true;
        });
        var before = await DropsAsync();

        _player.SendRtp(4242, PlayedVideo, 0, [1, 2, 3]);
        await SyntheticPeer.UntilTrueAsync("the player's packet is dropped", async () => await DropsAsync() == before + 1, _rooms.Alice, _rooms.Bob);
        _publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [1, 2, 3]);
        await SyntheticPeer.UntilTrueAsync("the publisher's packet is dropped", async () => await DropsAsync() == before + 2, _rooms.Alice, _rooms.Bob);

        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    /// <summary>The participants of a room share what it may take, and half of the rest is for the next room.</summary>
    [Fact]
    public async Task LongKeyFrames_RoomTakesAllItCan_LeavesSomeForNeighbour()
    {
        Assert.Equal(64, await TakeLongKeyFramesAsync(TwoRooms.Bad, "mallory"));
        Assert.Equal(0, await TakeLongKeyFramesAsync(TwoRooms.Bad, "carol"));

        Assert.Equal(32, await TakeLongKeyFramesAsync(TwoRooms.Neighbour, "bob"));
    }

    private Task<int> TakeLongKeyFramesAsync(string room, string participant) => _rooms.Node.Host.Rooms.RunAsync(
        room,
        r =>
        {
            var taken = 0;
            var share = r.Participants.Single(p => p.Id == participant).Context.LongKeyFrames;
            while (share.TryTake(512 * 1024))
            {
                taken++;
            }

            return taken;
        },
        default);

    [Fact]
    public async Task Retransmissions_EachSession_TakesFromTheSameMemory()
    {
        var withPlayer = await AvailableAsync();
        Assert.InRange(withPlayer, 1, ParticipantLimits.RetransmissionBytes - 1);

        _publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x01, 0, 0]);
        await SyntheticPeer.UntilTrueAsync("the publisher's packet is kept", async () => await AvailableAsync() < withPlayer, _publisher, _player, _carol);
        var withBoth = await AvailableAsync();

        await EndAsync(mallory => mallory.Sessions.Find<PlaySession>()!.Peer.Id);
        var withPublisher = await AvailableAsync();
        Assert.InRange(withPublisher, withBoth + 1, ParticipantLimits.RetransmissionBytes - 1);

        await EndAsync(mallory => mallory.Sessions.Find<PublishSession>()!.Peer.Id);
        Assert.Equal(ParticipantLimits.RetransmissionBytes, await AvailableAsync());
    }

    private async Task EndAsync(Func<NodeParticipant, string> session) =>
        await _rooms.Node.Control.DeleteSessionAsync(TwoRooms.Bad, await OfMalloryAsync(session), default);

    private Task<long> AvailableAsync() => OfMalloryAsync(mallory => mallory.Limits.Retransmissions.AvailableBytes);

    private Task<T> OfMalloryAsync<T>(Func<NodeParticipant, T> read) => _rooms.RunAsync(TwoRooms.Bad, room => read(room.Participants.Single(p => p.Id == "mallory")));

    private Task<long> DropsAsync() => _rooms.OnLoopAsync(() => _rooms.Loop.Statistics().TransportDrops["ParticipantRate"]);
}
