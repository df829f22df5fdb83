using MeetOperator.MediaNode.Tests.Links;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The packets that a track has sent to its subscribers.</summary>
public sealed class TrackTrafficTests
{
    private const int PerSecond = 50;
    private readonly TestSource _first = new("first", TrackSource.Microphone, firstSsrc: 1_000);
    private readonly TestSource _second = new("second", TrackSource.Microphone, firstSsrc: 2_000);
    private long _now = TimeSpan.TicksPerHour;

    /// <summary>A slot sends the packets of one track after the other.</summary>
    [Fact]
    public void Update_SubscriberGotOtherTracksBefore_CountsOnlyThisOne()
    {
        var viewer = new TestViewer(_first.Track, () => _now);
        Run(milliseconds: 1_000);
        Assert.Equal(PerSecond, PacketsOut(_first));

        viewer.Show(_second.Track);
        Run(milliseconds: 200);

        Assert.Equal(PerSecond / 5, PacketsOut(_second));
        Assert.Equal(0, PacketsOut(_first));
        viewer.Show(_first.Track);
        Run(milliseconds: 400);
        Assert.Equal(2 * PerSecond / 5, PacketsOut(_first));
        Assert.Equal(0, PacketsOut(_first));
    }

    private long PacketsOut(TestSource source) => source.Track.Traffic.Update(_now, source.Track.Track).PacketsOut;

    private void Run(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            _now += TimeSpan.TicksPerMillisecond;
            _first.Step(_now);
            _second.Step(_now);
        }
    }
}
