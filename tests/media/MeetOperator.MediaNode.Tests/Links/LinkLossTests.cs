using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A link that loses, delays and reorders packets.</summary>
public sealed class LinkLossTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Video_FivePercentLoss_IsRepairedByRetransmissions(int seed)
    {
        var rooms = new LinkedRooms(seed);
        foreach (var end in new[] { rooms.ToRight, rooms.ToLeft })
        {
            (end.LossRate, end.JitterTicks) = (0.05, 5 * TimeSpan.TicksPerMillisecond);
        }

        var camera = rooms.Publish(TrackSource.Camera, layers: 3);
        rooms.Run(1_500);
        var viewer = rooms.View(view: TrackView.Of(320, 180));
        rooms.Run(10_000);
        var retransmissions = rooms.ToRight.CountOf(rooms.Announcement().Layers[0].RtxSsrc!.Value);

        rooms.ToRight.LossRate = 0;
        rooms.Run(500);
        var firstFrame = viewer.Counts[0] + TestSource.PacketsPerFrame; // its packets can overtake its start; a client requests those, as they are missing in its stream
        var counts = viewer.Counts.Where(count => count >= firstFrame).Select(count => (int)count).Order().ToList();
        Assert.Equal(Enumerable.Range((int)firstFrame, counts.Count), counts);
        Assert.True(counts.Count > 9_000 / TestSource.FrameMilliseconds * TestSource.PacketsPerFrame);
        Assert.InRange(retransmissions, 20, 100);
        Assert.InRange(camera.KeyFrames, 1, 2); // the first one may need another request
    }
}
