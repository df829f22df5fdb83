using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// A request to play has the tracks that exist, whatever waits between the loops of the room. Participants whose names begin with "r" are on the second loop, with "s" on the third one, and all
/// others on that of the hub.
/// </summary>
public sealed class RoomPartsCatchUpTests : IAsyncLifetime
{
    /// <summary>More than a loop handles at a time, and less than fills a link.</summary>
    private const int Packets = 10_000;
    private PartedRoom _room = null!;
    private MediaLoop _right = null!;
    private MediaLoop _south = null!;

    public async Task InitializeAsync()
    {
        _room = await PartedRoom.StartAsync(loops: 3);
        await _room.PublishAsync("right-0");
        await _room.PublishAsync("south-0");
        _right = await _room.AtAsync("right-0", part => part.Loop);
        _south = await _room.AtAsync("south-0", part => part.Loop);
    }

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    [Fact]
    public async Task Play_ManyPacketsBeforeTheTrack_HasTheTrack()
    {
        using var hub = await HeldLoop.HoldAsync(_room.Hub.Loop);
        await FillAsync(_right, link: 0);
        await _room.PublishAsync("right");

        var playing = PlayAsync("left", "right");
        hub.Release();

        Assert.Equal(2, (await playing).Tracks.Count);
    }

    /// <summary>The track crosses two links, in both of which much waits.</summary>
    [Fact]
    public async Task Play_ManyPacketsInTwoLinks_HasTheTrack()
    {
        using var right = await HeldLoop.HoldAsync(_right);
        await FillAsync(_room.Hub.Loop, link: 0);
        using var hub = await HeldLoop.HoldAsync(_room.Hub.Loop);
        await FillAsync(_south, link: 0);
        await _room.PublishAsync("south");

        var playing = PlayAsync("right", "south");
        hub.Release();
        right.Release();

        Assert.Equal(2, (await playing).Tracks.Count);
    }

    /// <summary>The ring of the link is full, so the announcement waits for room, or for a new channel if too much waits.</summary>
    [Theory]
    [InlineData(1_500)]
    [InlineData(12_000)]
    public async Task Play_TrackWaitsForRoomInTheLink_HasTheTrack(int messages)
    {
        using var hub = await HeldLoop.HoldAsync(_room.Hub.Loop);
        var link = await LinkedLoops.OnAsync(_right, () => Assert.Single(_right.LoopLinks.All));
        await LinkedLoops.OnAsync(_right, () =>
        {
            for (var i = 0; i < messages; i++)
            {
                link.TrySend(new byte[900]);
            }
        });
        await _room.PublishAsync("right");

        var playing = PlayAsync("left", "right");
        hub.Release();

        Assert.Equal(2, (await playing).Tracks.Count);
    }

    /// <summary>Another loop of the room that stands still does not hold up the request.</summary>
    [Fact]
    public async Task Play_AnotherLoopStandsStill_IsAnswered()
    {
        await _room.PublishAsync("left");
        using var south = await HeldLoop.HoldAsync(_south);

        var answer = await PlayAsync("right", "left").WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(2, answer.Tracks.Count);
    }

    private Task<SdpAnswer> PlayAsync(string participant, string feed) => new SdpExchange(_room.Node.Host.Rooms)
        .PlayAsync(PartedRoom.Room, participant, new PlayRequest { Generation = 1, Sdp = TestSdp.Play(_room.Create()), Feeds = [feed] }, default);

    /// <summary>Sends packets that no track has.</summary>
    private static Task FillAsync(MediaLoop loop, int link) => LinkedLoops.OnAsync(loop, () =>
    {
        for (var i = 0; i < Packets; i++)
        {
            loop.LoopLinks.All[link].SendRtp(LinkedLoops.Header((ushort)i), [1]);
        }
    });
}
