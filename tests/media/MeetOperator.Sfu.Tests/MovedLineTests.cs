namespace MeetOperator.Sfu.Tests;

/// <summary>A client moves to another media node, which begins with what the former one knows of the line. For a moment both send over it.</summary>
public sealed class MovedLineTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    /// <summary>One size of 1.7 Mbit/s, which 1 Mbit/s does not carry.</summary>
    [Fact]
    public void AssumeLine_WideLine_PictureIsAsLargeAsBeforeAtOnce()
    {
        var call = new NarrowCall(layers: 1);
        var former = call.Join(8_000_000);
        call.Run(10);

        var next = call.Join(0, bottleneck: former);
        next.Subscriber.AssumeLine(former.Subscriber.LineShareBitsPerSecond!.Value);
        var start = call.Now;
        call.Run(1);

        Assert.InRange(next.RateOf(start + (Second / 10), start + Second, NarrowCall.VideoSsrc), 1_500_000, 2_500_000);
        Assert.InRange(next.Received.First(r => RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc).Ticks - start, 0, Second / 10);
        Assert.InRange(former.RateOf(start, start + Second, NarrowCall.VideoSsrc), 1_500_000, 2_000_000);
    }

    [Fact]
    public void AssumeLine_NarrowLine_SoundDoesNotWait()
    {
        var call = new NarrowCall();
        var former = call.Join(350_000);
        call.Run(15);
        var share = former.Subscriber.LineShareBitsPerSecond!.Value;
        Assert.InRange(share, 150_000, 300_000);

        var next = call.Join(0, bottleneck: former);
        next.Subscriber.AssumeLine(share);
        var start = call.Now;
        call.Run(2);

        Assert.InRange(LongestWaitOfSound(former, start), 0, 250 * Call.Millisecond);
        Assert.Contains(next.Received, r => RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc);
    }

    /// <summary>A camera in front of a still scene needs little, and sends more when the scene moves. That little was needed, move after move, does not mean that the line takes little.</summary>
    [Fact]
    public void AssumeLine_LittleWasNeeded_PictureDoesNotWaitWhenMoreComes()
    {
        var call = new NarrowCall(layers: 1) { Bits = 120_000 };
        var line = call.Join(8_000_000);
        for (var move = 1; move <= 4; move++)
        {
            call.Run(5);
            var share = line.Subscriber.LineShareBitsPerSecond!.Value;
            line = call.Join(0, bottleneck: call.Lines[0]);
            line.Subscriber.AssumeLine(share);
        }

        call.Bits = 600_000;
        var start = call.Now;
        call.Run(3);

        var arrivals = line.Received.Where(r => RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc).Select(r => r.Ticks).ToList();
        Assert.InRange(arrivals.Zip(arrivals.Skip(1), (one, other) => other - one).Max(), 0, 100 * Call.Millisecond);
        Assert.InRange(line.RateOf(start + Second, start + (3 * Second), NarrowCall.VideoSsrc), 500_000, 700_000);
    }

    [Fact]
    public void LineShareBitsPerSecond_BeforeFeedback_IsUnknown()
    {
        var line = new NarrowCall().Join(8_000_000);

        Assert.Null(line.Subscriber.LineShareBitsPerSecond);
    }

    [Fact]
    public void LineShareBitsPerSecond_SoundAlone_IsUnknown()
    {
        var call = new NarrowCall();
        var line = call.Join(8_000_000);
        line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Hidden);
        call.Run(5);

        Assert.Null(line.Subscriber.LineShareBitsPerSecond);
    }

    /// <summary>The estimate falls meanwhile, which is no reason to begin lower elsewhere.</summary>
    [Fact]
    public void LineShareBitsPerSecond_FeedbackStops_IsUnknownUntilItComesAgain()
    {
        var call = new NarrowCall();
        var line = call.Join(8_000_000);
        call.Run(10);
        var before = line.Subscriber.LineShareBitsPerSecond!.Value;

        line.HasFeedback = false;
        var meanwhile = Sample(call, line, 4);
        line.HasFeedback = true;
        call.Run(1);

        Assert.Null(meanwhile[^1]);
        Assert.All(meanwhile.OfType<long>(), share => Assert.InRange(share, before * 0.9, before * 1.1));
        Assert.NotNull(line.Subscriber.LineShareBitsPerSecond);
    }

    [Fact]
    public void LineShareBitsPerSecond_FeedbackOfAMomentIsLost_StaysKnown()
    {
        var call = new NarrowCall();
        var line = call.Join(8_000_000);
        call.Run(10);

        line.HasFeedback = false;
        var meanwhile = Sample(call, line, 0.8);
        line.HasFeedback = true;

        Assert.DoesNotContain(null, meanwhile.Concat(Sample(call, line, 1)));
    }

    /// <summary>The line takes the camera once and not twice. Sound waits no longer than beside a connection that knows nothing of the line.</summary>
    [Theory]
    [InlineData(2_200_000)]
    [InlineData(2_700_000)]
    [InlineData(3_300_000)]
    public void AssumeLine_LineWithLittleToSpare_SoundWaitsNoLongerThanWithout(long bits)
    {
        var told = WaitOfSound(bits, tell: true);
        var untold = WaitOfSound(bits, tell: false);

        Assert.InRange(told, 0, untold + (50 * Call.Millisecond));
    }

    private static long WaitOfSound(long bits, bool tell)
    {
        var call = new NarrowCall();
        var former = call.Join(bits);
        call.Run(15);
        var next = call.Join(0, bottleneck: former);
        if (tell)
        {
            next.Subscriber.AssumeLine(former.Subscriber.LineShareBitsPerSecond!.Value);
        }

        var start = call.Now;
        call.Run(2);
        return LongestWaitOfSound(former, start);
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

    /// <summary>The share of the line, every 100 ms.</summary>
    private static List<long?> Sample(NarrowCall call, NarrowLine line, double seconds)
    {
        var shares = new List<long?>();
        for (var end = call.Now + (long)(seconds * Second); call.Now < end;)
        {
            call.Run(0.1);
            shares.Add(line.Subscriber.LineShareBitsPerSecond);
        }

        return shares;
    }

    private static long LongestWaitOfSound(NarrowLine line, long start) =>
        line.Sent.Where(sent => sent.Ticks >= start && RecordingEgress.Header(sent.Packet).Ssrc == NarrowCall.AudioSsrc).Max(sent => sent.WaitTicks);
}
