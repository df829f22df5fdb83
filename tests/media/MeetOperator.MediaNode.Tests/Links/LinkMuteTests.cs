using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

public sealed class LinkMuteTests
{
    private readonly LinkedRooms _rooms = new();

    [Theory]
    [InlineData(TrackSource.Microphone)]
    [InlineData(TrackSource.Camera)]
    public void Mute_RelayedTrack_StopsAndContinues(TrackSource source)
    {
        var published = _rooms.Publish(source);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(1_000);
        SetMuted(published, true);
        _rooms.Run(100);
        var (received, crossed) = (viewer.Received.Count, _rooms.ToRight.Rtp.Count);
        _rooms.Run(1_000);
        Assert.True(_rooms.Relayed().Track.IsMuted);
        Assert.Equal((received, crossed), (viewer.Received.Count, _rooms.ToRight.Rtp.Count));

        SetMuted(published, false);
        _rooms.Run(1_000);
        Assert.False(_rooms.Relayed().Track.IsMuted);
        Assert.InRange(viewer.Received.Count - received, 35, 80);
        viewer.AssertContinuous();
    }

    [Fact]
    public void Mute_BeforeAnnouncement_IsAnnounced()
    {
        _rooms.Publish(TrackSource.Camera).Track.Track.SetMuted(true);
        _rooms.Open();
        _rooms.Run(100);

        Assert.True(Assert.Single(_rooms.Incoming.Tracks).IsMuted);
    }

    private void SetMuted(TestSource source, bool isMuted)
    {
        source.Track.Track.SetMuted(isMuted);
        _rooms.Outgoing.SetMuted(source.Track, isMuted);
    }
}
