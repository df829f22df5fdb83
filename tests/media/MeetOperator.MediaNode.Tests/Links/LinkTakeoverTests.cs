using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A link takes over a track that another connection of the room carried, and gives it back.</summary>
public sealed class LinkTakeoverTests
{
    private readonly LinkedRooms _rooms = new();

    [Theory]
    [InlineData(TrackSource.Microphone, 1)]
    [InlineData(TrackSource.Camera, 3)]
    public void Await_StartArrives_LinkCarriesTheSameTrack(TrackSource source, int layers)
    {
        _rooms.Owner.Carries = false;
        _rooms.Publish(source, layers: layers);
        _rooms.Run(1_500);
        var relayed = Assert.Single(_rooms.Incoming.Tracks);
        var room = new PublishedTrack(new UpTrack(relayed.Options with { IsRelayed = false, Extensions = HeaderExtensionMap.Empty, Layers = [.. relayed.Options.Layers.Select(l => new UpLayerOptions { Rid = l.Rid })] }, "alice", source, "local"), relayed.Codec);
        var viewer = new TestViewer(room, () => _rooms.Now, TrackView.Of(320, 180));
        _rooms.Owner.Started = track => track.Link.Carry(track, room);
        _rooms.Run(500);
        Assert.Empty(_rooms.ToRight.Rtp);

        relayed.Link.Await(relayed);
        _rooms.Run(2_000);
        Assert.Same(room, relayed.Carried);
        Assert.True(viewer.Received.Count > 90);
        viewer.AssertContinuous();
        Assert.Equal(1, relayed.Demanded); // the layers that nobody views are no longer demanded

        relayed.Link.Release(room);
        _rooms.Run(100);
        var sent = _rooms.ToRight.Rtp.Count;
        _rooms.Run(1_000);
        Assert.Null(relayed.Carried);
        Assert.Equal(sent, _rooms.ToRight.Rtp.Count);
    }

    [Fact]
    public void Await_OwnerDoesNotCarry_IsAskedWithEachStart()
    {
        _rooms.Owner.Carries = false;
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var starts = 0;
        _rooms.Owner.Started = _ => starts++;
        var relayed = Assert.Single(_rooms.Incoming.Tracks);
        relayed.Link.Await(relayed);
        _rooms.Run(1_000);

        Assert.InRange(starts, 40, 50);
        relayed.Link.Ignore(relayed);
        _rooms.Run(100);
        var sent = _rooms.ToRight.Rtp.Count;
        _rooms.Run(1_000);
        Assert.Equal(sent, _rooms.ToRight.Rtp.Count);
    }
}
