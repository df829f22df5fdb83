using MeetOperator.MediaNode.Links;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A new channel, in which both ends forget what the other one said.</summary>
public sealed class LinkChannelTests
{
    private readonly LinkedRooms _rooms = new();

    [Theory]
    [InlineData(TrackSource.Microphone, 1)] // the packet that was on its way
    [InlineData(TrackSource.Camera, 0)]
    public void Open_SameRooms_ContinuesForwardedTracks(TrackSource source, int lost)
    {
        _rooms.Publish(source);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(1_000);
        var relayed = _rooms.Relayed();
        _rooms.Open();
        _rooms.Run(200);
        var received = viewer.Received.Count;
        _rooms.Run(3_000);

        Assert.Same(relayed, _rooms.Relayed());
        Assert.False(relayed.Track.IsClosed);
        Assert.InRange(viewer.Received.Count - received, 140, 230);
        viewer.AssertContinuous(lost);
        Assert.DoesNotContain("removed alice", _rooms.Owner.Calls);
    }

    /// <summary>The other end limits announcements, so what it knows is not repeated.</summary>
    [Fact]
    public void Add_NothingHasChanged_IsNotAnnouncedAgain()
    {
        var alice = _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var announcement = new LinkAnnouncement(1, LinkedRooms.Left, 2);
        _rooms.Outgoing.Add(alice.Track, announcement);
        var before = Announced();

        _rooms.Outgoing.Add(alice.Track, announcement);
        Assert.Equal(before, Announced());

        _rooms.Outgoing.SetMuted(alice.Track, true); // what the other end knows now is not what was announced
        _rooms.Outgoing.Add(alice.Track, announcement);
        Assert.Equal(before + 1, Announced());

        _rooms.Outgoing.Add(alice.Track, announcement with { Carriage = 2 });
        Assert.Equal(before + 2, Announced());

        _rooms.Open();
        Assert.Equal(before + 3, Announced());

        int Announced() => _rooms.ToRight.Sent<TrackAddedMessage>(TrackAddedMessage.TryRead).Count();
    }

    [Fact]
    public void Open_TrackEndedMeanwhile_EndsAfterTwoSeconds()
    {
        var alice = _rooms.Publish(TrackSource.Microphone);
        _rooms.Publish(TrackSource.Microphone, "bob");
        _rooms.Run(100);
        _rooms.Unpublish(alice); // its message is lost with the channel
        _rooms.Open();
        _rooms.Run(1_900);
        Assert.DoesNotContain("removed alice", _rooms.Owner.Calls);

        _rooms.Run(200);
        Assert.Equal(["removed alice"], _rooms.Owner.Calls.Where(call => call.StartsWith("removed", StringComparison.Ordinal)));
        Assert.Equal(["bob"], _rooms.Incoming.Tracks.Select(track => track.ParticipantId));
    }

    /// <summary>The other process restarted, so the SSRCs are new.</summary>
    [Fact]
    public void Open_RestartedRoom_ContinuesWithNewStreams()
    {
        var camera = _rooms.Publish(TrackSource.Camera, layers: 3);
        _rooms.Run(1_500);
        var viewer = _rooms.View();
        _rooms.Run(1_000);
        var former = _rooms.Announcement().Layers[0].Ssrc;
        _rooms.Outgoing.Close();
        _rooms.Outgoing = new LinkOutgoing(_rooms.ToRight, _rooms.NextSsrc);
        _rooms.Outgoing.Add(camera.Track, new LinkAnnouncement(1, LinkedRooms.Left, 2));
        _rooms.Open();
        _rooms.Run(500);
        var received = viewer.Received.Count;
        _rooms.Run(1_000);

        Assert.NotEqual(former, _rooms.Announcement().Layers[0].Ssrc);
        Assert.InRange(viewer.Received.Count - received, 70, 80);
        viewer.AssertContinuous();
    }

    [Fact]
    public void Close_Incoming_EndsAllTracks()
    {
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var relayed = _rooms.Relayed();
        _rooms.Incoming.Close();

        Assert.True(relayed.Track.IsClosed);
        Assert.Empty(_rooms.Incoming.Tracks);
    }

    [Fact]
    public void Close_Outgoing_SendsNothingUntilNextChannel()
    {
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(1_000);
        _rooms.Outgoing.Close();
        var sent = _rooms.ToRight.Rtp.Count;
        _rooms.Run(1_000);
        Assert.Equal(sent, _rooms.ToRight.Rtp.Count);

        _rooms.Open();
        _rooms.Run(1_000);
        Assert.InRange(_rooms.ToRight.Rtp.Count - sent, 40, 50);
        viewer.AssertContinuous();
    }

    /// <summary>The participant publishes on another session of the same node, which changes nothing for receivers.</summary>
    [Fact]
    public void Add_AgainWithHigherCarriage_IsAnnouncedAndContinues()
    {
        var microphone = _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(1_000);
        _rooms.Outgoing.Add(microphone.Track, new LinkAnnouncement(2, LinkedRooms.Left, 1));
        _rooms.Run(1_000);

        Assert.Equal(2u, _rooms.Announcement().Carriage);
        Assert.Equal(["announced alice", "announced alice"], _rooms.Owner.Calls);
        Assert.InRange(viewer.Received.Count, 90, 100);
        viewer.AssertContinuous();
    }
}
