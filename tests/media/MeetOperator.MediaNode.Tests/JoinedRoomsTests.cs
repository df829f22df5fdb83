using MeetOperator.MediaNode.Tests.Links;
using MeetOperator.NodeControl;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A participant publishes on one media node, then on another one, and back. Receivers on both hear and see it all the time.</summary>
public sealed class JoinedRoomsTests
{
    private const TrackSource Microphone = TrackSource.Microphone;
    private const TrackSource Camera = TrackSource.Camera;

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void Publish_OnTheOtherNodeAndBack_ReceiversNoticeNothing(int jitterMilliseconds)
    {
        var rooms = new JoinedRooms();
        (rooms.ToLeft.JitterTicks, rooms.ToRight.JitterTicks) = (jitterMilliseconds * TimeSpan.TicksPerMillisecond, jitterMilliseconds * TimeSpan.TicksPerMillisecond);
        var session = rooms.Publish(rooms.Left, "alice", Microphone, Camera);
        rooms.Run(100);
        var viewers = new[] { rooms.Left, rooms.Right }.SelectMany(side => new[] { rooms.View(side, "alice", Microphone), rooms.View(side, "alice", Camera) }).ToArray();
        rooms.Run(2000);

        foreach (var side in new[] { rooms.Right, rooms.Left, rooms.Right })
        {
            var next = rooms.Publish(side, "alice", Microphone, Camera);
            rooms.Run(1000); // the client sends on both connections
            rooms.Close(session);
            rooms.Run(1000);
            session = next;
            Assert.False(rooms.Find(side, "alice", Microphone)!.IsRelayed);
            Assert.True(rooms.Find(side == rooms.Left ? rooms.Right : rooms.Left, "alice", Camera)!.IsRelayed);
        }

        Assert.Empty(rooms.Left.Closed.Concat(rooms.Right.Closed));
        Assert.Equal((6, 6), (rooms.Left.Switches, rooms.Right.Switches));
        foreach (var viewer in viewers)
        {
            var numbers = viewer.Headers.Select(h => (int)h.SequenceNumber).ToList();
            Assert.Equal(numbers.Count, numbers.Distinct().Count());
            Assert.Equal(numbers.Count - 1, numbers.Max() - numbers.Min());
        }

        // What the newer connection sends is as old as what has arrived from the former one, or one packet newer.
        foreach (var sound in new[] { viewers[0], viewers[2] })
        {
            var counts = sound.Counts.Order().ToList();
            Assert.All(counts.Zip(counts.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0u, jitterMilliseconds == 0 ? 2u : 4u));
            Assert.InRange(rooms.Milliseconds / 20 - counts[^1], 0u, 3u);
        }

        foreach (var picture in new[] { viewers[1], viewers[3] })
        {
            Assert.InRange(rooms.Milliseconds / 40 - picture.Counts.Max(), 0u, 3u);
            var times = picture.Received.Select(r => r.Ticks).ToList();
            Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0, 250 * TimeSpan.TicksPerMillisecond));
        }
    }

    /// <summary>People on each side go on among themselves, and both sides agree when the link is back.</summary>
    [Fact]
    public void Link_BreaksWhileAParticipantMoves_RoomsAgreeWhenItReturns()
    {
        var rooms = new JoinedRooms();
        var left = rooms.Publish(rooms.Left, "alice", Microphone);
        rooms.Run(100);
        var track = rooms.Find(rooms.Left, "alice", Microphone)!;
        rooms.SetState(LinkState.Broken);
        rooms.Run(1900);
        Assert.Empty(rooms.Right.Closed);
        rooms.Run(200);
        Assert.Equal(["microphone of alice"], rooms.Right.Closed);
        rooms.Publish(rooms.Right, "alice", Microphone);
        rooms.Run(1000);
        Assert.False(rooms.Find(rooms.Right, "alice", Microphone)!.IsRelayed);

        rooms.OpenChannel();
        rooms.Run(1000);
        Assert.True(track.IsRelayed); // both have the same number, and the assignment of the right node is newer
        Assert.False(rooms.Find(rooms.Right, "alice", Microphone)!.IsRelayed);
        rooms.Close(left);
        rooms.Run(1000);

        Assert.False(track.Track.IsClosed);
        Assert.Equal(["microphone of alice"], rooms.Left.Closed.Concat(rooms.Right.Closed));
    }

    /// <summary>The channel goes on, so the other end announces nothing again.</summary>
    [Theory]
    [InlineData(1000, 0)]
    [InlineData(3000, 1)]
    public void Link_InterruptedAndContinued_TracksReturn(int milliseconds, int closed)
    {
        var rooms = new JoinedRooms();
        rooms.Publish(rooms.Left, "alice", Microphone);
        rooms.Run(100);
        rooms.SetState(LinkState.Broken);
        rooms.Run(milliseconds);
        Assert.Equal(closed, rooms.Right.Closed.Count);

        rooms.SetState(LinkState.Up);
        var viewer = rooms.View(rooms.Right, "alice", Microphone);
        rooms.Run(1000);

        Assert.True(viewer.Received.Count > 30);
    }

    [Fact]
    public void Mute_OnTheOtherNode_CrossesTheLink()
    {
        var rooms = new JoinedRooms();
        var session = rooms.Publish(rooms.Left, "alice", Microphone);
        rooms.Run(100);

        session.Tracks.Mute(new MuteState { Microphone = true });
        rooms.Run(100);
        Assert.True(rooms.Find(rooms.Right, "alice", Microphone)!.Track.IsMuted);
        session.Tracks.Mute(new MuteState { Microphone = false });
        rooms.Run(100);

        Assert.False(rooms.Find(rooms.Right, "alice", Microphone)!.Track.IsMuted);
    }

    [Fact]
    public void RemoveLink_TracksOfBothSides_EndOnTheOtherOne()
    {
        var rooms = new JoinedRooms();
        rooms.Publish(rooms.Left, "alice", Microphone);
        rooms.Publish(rooms.Right, "bob", Camera);
        rooms.Run(100);
        Assert.Equal((1, 1), (rooms.Left.Link.TracksIn, rooms.Left.Link.TracksOut));

        rooms.Left.Links.Clear(ByeReason.RoomEnded);

        Assert.Equal(["camera of bob"], rooms.Left.Closed);
        Assert.Equal(0, rooms.Left.Links.Count);
        Assert.Null(rooms.Left.Links.Find("link"));
        Assert.NotNull(rooms.Find(rooms.Left, "alice", Microphone));
    }
}
