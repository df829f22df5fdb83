using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>How long packets wait in the queue of a line that is shared by many, or that takes seconds for a key frame: less than 200 ms, for 95 of 100.</summary>
public sealed class QueueDelayTests
{
    private const double Settled = 30;

    /// <summary>Several people in one household, with one address or behind a router that hides it.</summary>
    [Theory]
    [InlineData(3, 1_500_000, true)]
    [InlineData(3, 4_000_000, true)]
    [InlineData(3, 4_000_000, false)]
    [InlineData(5, 4_000_000, true)]
    [InlineData(8, 6_000_000, true)]
    [InlineData(8, 6_000_000, false)]
    public void Line_SharedByMany_QueueStaysShort(int receivers, long bits, bool hasOneAddress)
    {
        var call = new NarrowCall { HasTemporalLayers = true, HasCommonKeyFrames = true, HasOneAddress = hasOneAddress };
        var lines = new List<NarrowLine> { call.Join(bits, requestsLost: true) };
        for (var i = 1; i < receivers; i++)
        {
            call.Run(3);
            lines.Add(call.Join(bits, bottleneck: lines[0], requestsLost: true));
        }

        call.Run(Settled);
        var from = call.Now;
        call.Run(60);

        Assert.InRange(DelayP95(lines, from), 0, 200);
    }

    /// <summary>A key frame of a screen that takes 2 to 5 s of the line, every ten seconds.</summary>
    [Theory]
    [InlineData(200_000)]
    [InlineData(300_000)]
    [InlineData(500_000)]
    public void Line_LargeKeyFramesOfAScreen_QueueStaysShort(long bits)
    {
        var call = new NarrowCall(layers: 1, source: TrackSource.Screen) { Bits = 40_000, KeyFrameBytes = 120_000 };
        var line = call.Join(bits);
        call.Run(Settled);
        var from = call.Now;
        for (var i = 0; i < 6; i++)
        {
            call.Camera.SetMuted(true);
            call.Camera.SetMuted(false); // asks for a key frame
            call.Run(10);
        }

        Assert.True(line.RateOf(from, call.Now, NarrowCall.VideoSsrc) > 40_000, "key frames are sent");
        Assert.InRange(DelayP95([line], from), 0, 200);
    }

    /// <summary>In milliseconds.</summary>
    private static double DelayP95(IEnumerable<NarrowLine> lines, long from)
    {
        var waits = lines.SelectMany(line => line.Sent).Where(s => s.Ticks >= from).Select(s => s.WaitTicks).Order().ToList();
        return waits[(int)(waits.Count * 0.95)] / (double)Call.Millisecond;
    }
}
