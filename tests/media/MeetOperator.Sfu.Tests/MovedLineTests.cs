namespace MeetOperator.Sfu.Tests;

/// <summary>A client moves to another media node, which begins with what the former one knows of the line. For a moment both send over it.</summary>
public sealed class MovedLineTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void AssumeLine_WideLine_PictureIsAsLargeAsBeforeAtOnce()
    {
        var call = new NarrowCall();
        var former = call.Join(8_000_000);
        call.Run(10);

        var next = call.Join(0, bottleneck: former);
        next.Subscriber.AssumeLine(former.Subscriber.LineShareBitsPerSecond!.Value);
        var start = call.Now;
        call.Run(1);

        Assert.InRange(next.RateOf(start + (Second / 10), start + Second, NarrowCall.VideoSsrc), 1_500_000, 2_500_000);
        Assert.InRange(former.RateOf(start, start + Second, NarrowCall.VideoSsrc), 1_500_000, 2_000_000);
    }

    [Fact]
    public void AssumeLine_NarrowLine_SoundDoesNotWait()
    {
        var call = new NarrowCall();
        var former = call.Join(350_000);
        call.Run(15);
        var share = former.Subscriber.LineShareBitsPerSecond!.Value;
        Assert.InRange(share, 100_000, 200_000);

        var next = call.Join(0, bottleneck: former);
        next.Subscriber.AssumeLine(share);
        var start = call.Now;
        call.Run(2);

        Assert.InRange(LongestWaitOfSound(former, start), 0, 250 * Call.Millisecond);
        Assert.Contains(next.Received, r => RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc);
    }

    [Fact]
    public void LineShareBitsPerSecond_BeforeFeedback_IsUnknown()
    {
        var line = new NarrowCall().Join(8_000_000);

        Assert.Null(line.Subscriber.LineShareBitsPerSecond);
    }

    [Theory]
    [InlineData(-1, 50_000)]
    [InlineData(long.MaxValue, 20_000_000)]
    public void AssumeLine_OutsideTheBounds_IsLimited(long bits, long expected)
    {
        var bandwidth = new Sfu.Bandwidth.SendBandwidth();

        bandwidth.StartAt(bits);

        Assert.Equal(expected, bandwidth.EstimateBitsPerSecond);
    }

    private static long LongestWaitOfSound(NarrowLine line, long start) =>
        line.Sent.Where(sent => sent.Ticks >= start && RecordingEgress.Header(sent.Packet).Ssrc == NarrowCall.AudioSsrc).Max(sent => sent.WaitTicks);
}
