using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What crosses between the loops of a room: a layer once, while somebody on the other part uses it.</summary>
public sealed class RoomPartsDemandTests : IAsyncLifetime
{
    private const uint Quarter = 100;
    private const uint Half = 101;
    private const uint Full = 102;
    private PartedRoom _room = null!;
    private uint _timestamp;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync();

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    [Fact]
    public async Task Publish_NobodyElseThere_NothingCrosses()
    {
        var right = await _room.PublishAsync("right");
        await _room.SubscribeAsync("right-2", tracks: 2);
        var viewer = _room.Peers[^1];

        await _room.UntilReceivedAsync(right, 1, viewer);

        Assert.Equal(0, await CrossedAsync());
    }

    /// <summary>A packet crosses once for any number of viewers.</summary>
    [Fact]
    public async Task Publish_SeveralViewers_EachPacketCrossesOnce()
    {
        var right = await _room.PublishAsync("right");
        var first = await _room.SubscribeAsync("left-1", tracks: 2);
        var second = await _room.SubscribeAsync("left-2", tracks: 2);
        var third = await _room.SubscribeAsync("left-3", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, first, second, third);
        var (crossed, received) = (await CrossedAsync(), first.Rtp.Count);

        await _room.UntilAsync("more", () => PartedRoom.Send(right, 2) && first.Rtp.Count > received + 200);

        Assert.InRange(await CrossedAsync() - crossed, 150, 260);
    }

    /// <summary>The publisher is asked for what people on all parts show, and for nothing when they hide it.</summary>
    [Fact]
    public async Task View_OnTheOtherPart_DecidesWhichLayerCrosses()
    {
        var right = await _room.PublishAsync("right", TestSdp.Simulcast);
        var left = await _room.SubscribeAsync("left", tracks: 2, new SlotCounts { Audio = 1, Video = 2 });
        await _room.Node.Control.ViewAsync(PartedRoom.Room, "left", PartedRoom.Shows("right", "camera", 160, 90), default);
        await _room.UntilAsync("only the smallest layer is requested", () => SendLayers(right) && IsRequested(["q"]));
        await _room.UntilAsync("the picture arrives", () => SendLayers(right) && PartedRoom.Count(left, 96, 5) > 5);
        Assert.Equal(0, PartedRoom.Count(left, 96, 6));

        await _room.Node.Control.ViewAsync(PartedRoom.Room, "left", PartedRoom.Shows("right", "camera", 1280, 720), default);
        await _room.UntilAsync("the full layer is requested", () => SendLayers(right) && _room.Events.Last(RoomEventTypes.Layers, "right")?.Layers?.Contains("f") == true);
        await _room.UntilAsync("the large picture arrives", () => SendLayers(right) && PartedRoom.Count(left, 96, 6) > 5);

        await _room.Node.Control.ViewAsync(PartedRoom.Room, "left", new ViewRequest { Tracks = [] }, default);
        await _room.UntilAsync("no layer is requested", () => SendLayers(right) && IsRequested([]));
        var crossed = await CrossedAsync();
        for (var i = 0; i < 50; i++)
        {
            SendLayers(right);
        }

        await _room.UntilTrueAsync("the part has received it all", () => _room.AtAsync("right", room => room.Tracks.Of(["right"]).Single(t => t.Track.Source == TrackSource.Camera).Track.ReceivedPackets >= 100));
        Assert.Equal(crossed, await CrossedAsync());
    }

    [Fact]
    public async Task Subscribe_OnTheOtherPart_ThePublisherIsAskedForAKeyFrame()
    {
        var right = await _room.PublishAsync("right");
        right.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x01, 1, 2, 3, 1], marker: true); // a recent key frame would be sent again, and none requested
        right.Rtcp.Clear();

        await _room.SubscribeAsync("left", tracks: 2);

        await _room.UntilAsync("a request for a key frame", right.WasAskedForKeyFrame);
    }

    /// <summary>What a viewer misses, it gets from the loop that it is on.</summary>
    [Fact]
    public async Task Subscribe_PacketLostOnTheLine_IsRepeatedByItsPart()
    {
        var right = await _room.PublishAsync("right");
        var left = _room.Create();
        left.Connect((await _room.Node.Control.PlayAsync(PartedRoom.Room, "left", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(left), Feeds = ["right"] }, default)).Sdp);
        await _room.UntilAsync("video", () => PartedRoom.Send(right, 1) && PartedRoom.Count(left, 120, 1) > 3);
        left.LoseRtp = (type, count) => type == 120 && count % 5 == 0;

        await _room.UntilAsync("retransmissions", () =>
        {
            PartedRoom.Send(right, 2);
            PartedRoom.RequestMissing(left, 120);
            return PartedRoom.Count(left, 121, 1) + PartedRoom.Count(left, 121, 2) > 0;
        });
    }

    private Task<long> CrossedAsync() => _room.Part.Loop.RunAsync(() => Assert.Single(_room.Part.Loop.LoopLinks.All).SentPackets, default);

    private bool IsRequested(string[] layers) => _room.Events.Last(RoomEventTypes.Layers, "right")?.Layers?.SequenceEqual(layers) == true;

    /// <summary>Sends a key frame of each layer: 160 x 90, 640 x 360 and 1280 x 720 pixels.</summary>
    private bool SendLayers(SyntheticPeer peer)
    {
        _timestamp += 3_000;
        peer.SendLayer(Quarter, 'q', _timestamp, KeyFrame(160, 90, 5), marker: true);
        peer.SendLayer(Half, 'h', _timestamp, KeyFrame(640, 360, 7), marker: true);
        peer.SendLayer(Full, 'f', _timestamp, KeyFrame(1280, 720, 6), marker: true);
        return true;
    }

    /// <summary>The first packet of a VP8 key frame: the payload descriptor (RFC 7741 §4.2), the frame header with start code and size (RFC 6386 §9.1), and a last byte that names the sender.</summary>
    private static byte[] KeyFrame(ushort width, ushort height, byte mark) =>
        [0x10, 0x00, 0, 0, 0x9D, 0x01, 0x2A, (byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8), .. new byte[40], mark];
}
