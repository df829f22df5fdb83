using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A camera with three layers of one room is seen in another one.</summary>
public sealed class LinkLayersTests
{
    private readonly LinkedRooms _rooms = new();

    [Theory]
    [InlineData(180, 0)]
    [InlineData(360, 1)]
    [InlineData(720, 2)]
    public void Layers_OneSizeIsShown_OnlyThatLayerCrosses(int height, int layer)
    {
        _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var viewer = _rooms.View(view: TrackView.Of(height * 16 / 9, height));
        _rooms.Run(2_000);

        var counts = CountsOfLayers();
        Assert.InRange(counts[layer], 40 * TestSource.PacketsPerFrame, 60 * TestSource.PacketsPerFrame);
        Assert.Equal(counts[layer], _rooms.ToRight.Rtp.Count);
        Assert.All(viewer.Received, received => Assert.Equal(TestSource.PayloadBytesOf(layer), received.Packet.Length - 12));
        viewer.AssertContinuous();
    }

    /// <summary>The viewer changes the size, so that a layer is needed which has never crossed the link.</summary>
    [Fact]
    public void Layers_ViewerChangesSize_SwitchesAtKeyFrameWithContinuousNumbers()
    {
        _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var viewer = _rooms.View(view: TrackView.Of(320, 180));
        _rooms.Run(1_000);
        viewer.SetView(TrackView.Of(1280, 720));
        _rooms.Run(4_000);
        var low = CountsOfLayers()[0];
        _rooms.Run(1_000);

        viewer.AssertContinuous();
        Assert.Equal(TestSource.PayloadBytesOf(2), viewer.Received[^1].Packet.Length - 12);
        Assert.Equal(low, CountsOfLayers()[0]); // no longer demanded
        Assert.Equal(0, CountsOfLayers()[1]);
    }

    [Fact]
    public void Layers_TwoSizesAreShown_BothCross()
    {
        _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        _rooms.View(view: TrackView.Of(320, 180));
        _rooms.View(view: TrackView.Of(1280, 720));
        _rooms.Run(1_000);

        Assert.Equal([true, false, true], CountsOfLayers().Select(count => count > 0));
    }

    [Fact]
    public void Layers_LastViewerLeaves_EndAfterThreeSeconds()
    {
        _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var (first, second) = (_rooms.View(view: TrackView.Of(320, 180)), _rooms.View(view: TrackView.Of(320, 180)));
        _rooms.Run(1_000);
        first.Leave();
        _rooms.Run(5_000);
        second.Leave();
        _rooms.Run(2_700);
        var before = _rooms.ToRight.Rtp.Count;
        _rooms.Run(500);
        var after = _rooms.ToRight.Rtp.Count;
        _rooms.Run(3_000);

        Assert.InRange(after, before + 1, before + (12 * TestSource.PacketsPerFrame));
        Assert.Equal(after, _rooms.ToRight.Rtp.Count);
    }

    /// <summary>Nothing of the camera has crossed the link, and the other room knows its sizes and rates.</summary>
    [Fact]
    public void Layers_NothingCrosses_SizesAndRatesAreKnownBeyond()
    {
        var camera = _rooms.Publish(TrackSource.Camera, layers: 3);
        var local = new TestViewer(camera.Track, () => _rooms.Now, TrackView.Of(1280, 720));
        _rooms.Run(1_000);
        local.SetView(TrackView.Of(640, 360));
        _rooms.Run(1_000);
        local.SetView(TrackView.Of(320, 180));
        _rooms.Run(3_000);

        var states = _rooms.Relayed().Track.LayerStates;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((true, TestSource.SizeOf(i)), (states[i].IsAvailable, (states[i].Width, states[i].Height)));
            Assert.InRange(states[i].BytesPerSecond, 25 * TestSource.PacketsPerFrame * TestSource.PayloadBytesOf(i), 25 * TestSource.PacketsPerFrame * (TestSource.PayloadBytesOf(i) + 40));
        }

        Assert.Empty(_rooms.ToRight.Rtp);
    }

    [Fact]
    public void Layers_RatesVary_AreToldAtMostFourTimesASecond()
    {
        _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        _rooms.View(view: TrackView.Of(320, 180));
        _rooms.Run(10_000);

        Assert.InRange(_rooms.ToRight.Sent<Relay.Messages.TrackLayersMessage>(Relay.Messages.TrackLayersMessage.TryRead).Count(), 1, 10); // it changes little after the start
    }

    /// <summary>The time is the delay of the link there and back, and up to one frame of the camera.</summary>
    [Fact]
    public void Picture_FirstViewer_StartsSoonWithOneKeyFrame()
    {
        var camera = _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var start = _rooms.Now;
        var viewer = _rooms.View(view: TrackView.Of(320, 180));
        _rooms.Run(2_000);

        Assert.Equal(1, camera.KeyFrames);
        Assert.InRange((viewer.Received[0].Ticks - start) / TimeSpan.TicksPerMillisecond, 20, 20 + TestSource.FrameMilliseconds + 15);
    }

    [Fact]
    public void Picture_TwentyViewersAsk_AsksTheCameraOnce()
    {
        var camera = _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var viewers = Enumerable.Range(0, 20).Select(_ => _rooms.View(view: TrackView.Of(320, 180))).ToList();
        _rooms.Run(3_000);
        var (requests, keyFrames) = (_rooms.ToLeft.PictureLossIndications, camera.KeyFrames);
        viewers.ForEach(viewer => viewer.Ask());
        _rooms.Run(900);

        Assert.Equal(1, _rooms.ToLeft.PictureLossIndications - requests);
        Assert.Equal(1, camera.KeyFrames - keyFrames);
    }

    private int[] CountsOfLayers() => [.. _rooms.Announcement().Layers.Select(layer => _rooms.ToRight.CountOf(layer.Ssrc))];
}
