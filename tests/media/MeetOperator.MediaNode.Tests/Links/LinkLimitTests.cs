using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A link carries no more than its limit: first audio, then the smallest picture of everybody, then larger ones. A layer takes 75 packets a second of 100, 200 or 400 bytes.</summary>
public sealed class LinkLimitTests
{
    private readonly LinkedRooms _rooms = new();

    [Fact]
    public void Limit_LargestLayerDoesNotFit_ViewerGetsTheNextOneWithoutAGap()
    {
        _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var viewer = _rooms.View(view: TrackView.Of(1280, 720));
        _rooms.Run(2_000);
        Assert.Equal(TestSource.PayloadBytesOf(2), LastPayload(viewer));

        _rooms.Outgoing.MaxKilobitsPerSecond = 200;
        _rooms.Run(3_000);
        viewer.AssertContinuous();
        Assert.Equal(TestSource.PayloadBytesOf(1), LastPayload(viewer));
        Assert.InRange(KilobitsOfNext(4_000), 100, 200);

        _rooms.Outgoing.MaxKilobitsPerSecond = null;
        _rooms.Run(3_000);
        viewer.AssertContinuous();
        Assert.Equal(TestSource.PayloadBytesOf(2), LastPayload(viewer));
    }

    [Fact]
    public void Limit_TwoCameras_BothGetASmallPictureBeforeOneGetsALargeOne()
    {
        Fill("alice", "bob");
        var viewers = new[] { _rooms.View("alice", TrackView.Of(1280, 720)), _rooms.View("bob", TrackView.Of(1280, 720)) };
        _rooms.Outgoing.MaxKilobitsPerSecond = 260;
        _rooms.Run(6_000);

        Assert.InRange(KilobitsOfNext(4_000), 120, 260);
        Assert.All(viewers, viewer => Assert.InRange(PacketsOfNext(viewer, 1_000), 20 * TestSource.PacketsPerFrame, 30 * TestSource.PacketsPerFrame));
        Assert.All(viewers, viewer => viewer.AssertContinuous());
    }

    [Fact]
    public void Limit_NoRoomForAnyPicture_SoundCrossesCompletely()
    {
        _rooms.Publish(TrackSource.Microphone, "carol");
        _rooms.Run(500);
        var listener = _rooms.View("carol");
        Fill("alice");
        var viewer = _rooms.View("alice", TrackView.Of(320, 180));
        _rooms.Outgoing.MaxKilobitsPerSecond = 40;
        _rooms.Run(3_000);

        Assert.Equal(0, PacketsOfNext(viewer, 1_000));
        Assert.InRange(PacketsOfNext(listener, 1_000), 49, 51);
        listener.AssertContinuous();
    }

    [Fact]
    public void Limit_ScreenAndCamera_ScreenComesFirst()
    {
        Fill("alice");
        _rooms.Publish(TrackSource.Screen, "bob");
        _rooms.Run(1_500);
        var camera = _rooms.View("alice", TrackView.Of(320, 180));
        var screen = _rooms.View("bob", TrackView.Of(1280, 720));
        _rooms.Run(1_000);
        _rooms.Outgoing.MaxKilobitsPerSecond = 100;
        _rooms.Run(3_000);

        Assert.InRange(PacketsOfNext(screen, 1_000), 20 * TestSource.PacketsPerFrame, 30 * TestSource.PacketsPerFrame);
        Assert.Equal(0, PacketsOfNext(camera, 1_000));
    }

    [Theory]
    [InlineData(190)]
    [InlineData(230)]
    [InlineData(300)]
    [InlineData(420)]
    public void Limit_Stays_LayersDoNotComeAndGo(int limit)
    {
        Fill("alice", "bob", "carol");
        foreach (var name in (string[])["alice", "bob", "carol"])
        {
            _rooms.View(name, TrackView.Of(1280, 720));
        }

        _rooms.Outgoing.MaxKilobitsPerSecond = limit;
        _rooms.Run(10_000);
        var before = Demands();
        Assert.InRange(KilobitsOfNext(20_000), 1, limit);
        Assert.Equal(before, Demands());
    }

    /// <summary>A publisher stops a layer that nobody demands, so its rate is not measured any more.</summary>
    [Fact]
    public void Limit_LayerThatIsLeftOutStops_DoesNotReturn()
    {
        var camera = _rooms.Publish(TrackSource.Camera, layers: 3);
        camera.StopsUnusedLayers = true;
        _rooms.Run(1_500);
        var viewer = _rooms.View(view: TrackView.Of(1280, 720));
        _rooms.Run(2_000);
        _rooms.Outgoing.MaxKilobitsPerSecond = 200;
        _rooms.Run(10_000);
        var before = Demands();

        Assert.InRange(KilobitsOfNext(20_000), 1, 200);
        Assert.Equal(before, Demands());
        viewer.AssertContinuous();
    }

    /// <summary>Cameras whose rates are known, because clients of the left room have seen all layers.</summary>
    private void Fill(params string[] names)
    {
        foreach (var name in names)
        {
            var camera = _rooms.Publish(TrackSource.Camera, name, layers: 3);
            var local = new TestViewer(camera.Track, () => _rooms.Now, TrackView.Of(320, 180));
            for (var layer = 0; layer < 3; layer++)
            {
                var (width, height) = TestSource.SizeOf(layer);
                local.SetView(TrackView.Of(width, height));
                _rooms.Run(1_200);
            }

            local.Leave();
        }

        _rooms.Run(1_000);
    }

    private static int LastPayload(TestViewer viewer) => viewer.Received[^1].Packet.Length - 12;

    private double KilobitsOfNext(int milliseconds)
    {
        var before = _rooms.ToRight.Rtp.Count;
        _rooms.Run(milliseconds);
        return _rooms.ToRight.Rtp.Skip(before).Sum(packet => packet.Length) * 8.0 / milliseconds;
    }

    private int PacketsOfNext(TestViewer viewer, int milliseconds)
    {
        var before = viewer.Received.Count;
        _rooms.Run(milliseconds);
        return viewer.Received.Count - before;
    }

    private int Demands() => _rooms.ToLeft.Sent<Relay.Messages.DemandMessage>(Relay.Messages.DemandMessage.TryRead).Count();
}
