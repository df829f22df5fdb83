using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>Each subscriber gets what its line can take: the pacing, the estimate and the allocation together.</summary>
public sealed class NarrowLineTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Line_Wide_GetsHighestLayerWithinASecond()
    {
        var call = new NarrowCall();
        var line = call.Join(20_000_000);
        var start = call.Now;
        call.Run(6);

        Assert.InRange(line.Received.First(r => RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc).Ticks - start, 0, Second / 4);
        Assert.InRange(line.RateOf(start + (2 * Second), start + (6 * Second), NarrowCall.VideoSsrc), 1_500_000, 1_900_000);
        Assert.Empty(line.Subscriber.PausedSources);
    }

    [Theory]
    [InlineData(900_000, 500_000)]
    [InlineData(350_000, 150_000)]
    public void Line_Narrow_GetsLayerThatFitsAndKeepsQueueShort(long bits, double expected)
    {
        var call = new NarrowCall();
        var line = call.Join(bits);
        call.Run(10);
        var settled = call.Now;
        call.Run(20);

        Assert.InRange(line.RateOf(settled, call.Now, NarrowCall.VideoSsrc), expected * 0.8, expected * 1.3);
        Assert.InRange(WaitAt(line, settled, 0.95), 0, 200 * Call.Millisecond);
        Assert.InRange(LostAudio(line, settled), -0.01, 0.01); // a packet more or less is in transit
    }

    /// <summary>Each switch up costs a key frame.</summary>
    [Theory]
    [InlineData(520_000)]
    [InlineData(560_000)]
    [InlineData(600_000)]
    [InlineData(640_000)]
    [InlineData(680_000)]
    [InlineData(760_000)]
    public void Line_BetweenTwoLayers_SwitchesRarely(long bits)
    {
        var call = new NarrowCall();
        var line = call.Join(bits);
        call.Run(10);
        var (before, start) = (call.KeyFrameRequests, call.Now);
        call.Run(120);

        Assert.InRange(call.KeyFrameRequests - before, 0, 2);
        Assert.InRange(line.RateOf(start, call.Now, NarrowCall.VideoSsrc), 140_000, bits);
    }

    /// <summary>A camera with much motion and detail. Each key frame of the middle layer fills this line for half a second.</summary>
    [Theory]
    [InlineData(500_000)]
    [InlineData(600_000)]
    public void Line_FallsWithLargeKeyFrames_PictureGoesOnAndSwitchesRarely(long bits)
    {
        var call = new NarrowCall { KeyFrameFactor = 16 };
        var line = call.Join(3_000_000);
        call.Run(15);
        var (before, fallen) = (call.KeyFrameRequests, call.Now);
        line.BitsPerSecond = bits;
        call.Run(40);

        Assert.InRange(call.KeyFrameRequests - before, 1, 4);
        Assert.InRange(LongestGap(line, fallen, call.Now), 0, 800 * Call.Millisecond);
        Assert.InRange(LongestGap(line, fallen + (3 * Second), call.Now), 0, 400 * Call.Millisecond);
        Assert.InRange(WaitAt(line, fallen + (2 * Second), 0.95), 0, 200 * Call.Millisecond);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(30)]
    public void Line_ComesBackWithLargeKeyFrames_GetsHighestLayerWithinTenSeconds(int keyFrameFactor)
    {
        var call = new NarrowCall { KeyFrameFactor = keyFrameFactor };
        var line = call.Join(3_000_000);
        call.Run(15);
        line.BitsPerSecond = 500_000;
        call.Run(20);
        line.BitsPerSecond = 6_000_000;
        call.Run(12);

        Assert.InRange(line.RateOf(call.Now - (2 * Second), call.Now, NarrowCall.VideoSsrc), 1_400_000, 2_400_000);
    }

    /// <summary>Half the pictures of the highest layer fit, and look better than all of the middle one.</summary>
    [Fact]
    public void Line_NarrowForCameraWithTemporalLayers_HalvesFrameRateBeforeSize()
    {
        var call = new NarrowCall { HasTemporalLayers = true };
        var line = call.Join(1_800_000);
        call.Run(10);
        var settled = call.Now;
        call.Run(10);

        Assert.InRange(line.RateOf(settled, call.Now, NarrowCall.VideoSsrc), 0.8 * 850_000, 1.2 * 850_000);
        var pictures = line.Received.Where(r => r.Ticks >= settled && RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc)
            .Select(r => RecordingEgress.Header(r.Packet).Timestamp).Distinct().Count();
        Assert.InRange(pictures, 130, 170); // in ten seconds
        Assert.InRange(WaitAt(line, settled, 0.95), 0, 200 * Call.Millisecond);
    }

    [Fact]
    public void Line_TooNarrowForVideo_PausesItAndKeepsAudio()
    {
        var call = new NarrowCall();
        var line = call.Join(120_000);
        call.Run(10);
        var settled = call.Now;
        call.Run(10);

        Assert.Equal([call.Camera], line.Subscriber.PausedSources);
        Assert.Equal(0, line.RateOf(settled, call.Now, NarrowCall.VideoSsrc));
        Assert.InRange(LostAudio(line, settled), -0.01, 0.01); // a packet more or less is in transit
    }

    [Fact]
    public void Line_NarrowsAndWidens_FollowsWithinTwoAndTenSeconds()
    {
        var call = new NarrowCall();
        var line = call.Join(3_000_000);
        call.Run(10);
        Assert.InRange(line.RateOf(call.Now - (2 * Second), call.Now, NarrowCall.VideoSsrc), 1_400_000, 1_900_000);

        line.BitsPerSecond = 500_000;
        call.Run(2);
        var settled = call.Now;
        call.Run(8);
        Assert.InRange(Sent(line, settled, call.Now), 100_000, 500_000);
        Assert.InRange(WaitAt(line, settled, 0.95), 0, 200 * Call.Millisecond);

        line.BitsPerSecond = 3_000_000;
        call.Run(10);
        var recovered = call.Now;
        call.Run(5);
        Assert.InRange(line.RateOf(recovered, call.Now, NarrowCall.VideoSsrc), 1_400_000, 1_900_000);
    }

    [Fact]
    public void Line_NarrowsBelowVideo_PausedIsReportedAndEnds()
    {
        var call = new NarrowCall();
        var line = call.Join(3_000_000);
        call.Run(5);
        Assert.False(line.Subscriber.TryTakePausedChange());

        line.BitsPerSecond = 120_000;
        call.Run(8);
        Assert.True(line.Subscriber.TryTakePausedChange());
        Assert.Equal([call.Camera], line.Subscriber.PausedSources);

        line.BitsPerSecond = 3_000_000;
        call.Run(15);
        Assert.True(line.Subscriber.TryTakePausedChange());
        Assert.Empty(line.Subscriber.PausedSources);
        Assert.True(line.RateOf(call.Now - Second, call.Now, NarrowCall.VideoSsrc) > 100_000);
    }

    /// <summary>A probe of twice the estimate would fill the line, and show less than it takes.</summary>
    [Theory]
    [InlineData(1_150_000)]
    [InlineData(1_250_000)]
    [InlineData(1_350_000)]
    public void Paused_LineTakesLowestStepOnly_ResumesInIt(long bits)
    {
        var call = new NarrowCall(layers: 1) { HasTemporalLayers = true };
        var line = call.Join(20_000_000);
        call.Run(5);
        line.BitsPerSecond = 800_000;
        call.Run(10);
        Assert.Equal([call.Camera], line.Subscriber.PausedSources);
        line.BitsPerSecond = bits;
        call.Run(30); // the key frame with which it resumes overfills the narrowest of these lines, which pauses it again for a while
        var settled = call.Now;
        call.Run(10);

        Assert.InRange(line.RateOf(settled, call.Now, NarrowCall.VideoSsrc), 0.8 * 850_000, 1.2 * 850_000);
    }

    /// <summary>While nothing is sent, there is no feedback either, so the node probes by itself.</summary>
    [Theory]
    [InlineData(true, 1_000_000)]
    [InlineData(true, 300_000)]
    [InlineData(false, 1_300_000)]
    [InlineData(false, 600_000)]
    public void Paused_NothingElseSent_ResumesWhenLineIsWide(bool hasTemporalLayers, long bits)
    {
        var call = new NarrowCall(layers: 1) { HasTemporalLayers = hasTemporalLayers, HasMicrophone = false };
        var line = call.Join(20_000_000);
        call.Run(10);
        line.BitsPerSecond = bits;
        call.Run(10);
        line.BitsPerSecond = 20_000_000;
        call.Run(20);

        Assert.InRange(line.RateOf(call.Now - (2 * Second), call.Now, NarrowCall.VideoSsrc), 1_400_000, 1_900_000);
        Assert.Empty(line.Subscriber.PausedSources);
    }

    [Fact]
    public void Paused_MutedUntilLineIsWide_ResumesAfterUnmute()
    {
        var call = new NarrowCall();
        var line = call.Join(120_000);
        call.Run(5);
        Assert.Equal([call.Camera], line.Subscriber.PausedSources);

        call.Camera.SetMuted(true);
        call.Run(1);
        Assert.Empty(line.Subscriber.PausedSources); // a camera that is off is not paused
        line.BitsPerSecond = 20_000_000;
        call.Run(20);
        call.Camera.SetMuted(false);
        call.Run(10);

        Assert.InRange(line.RateOf(call.Now - (2 * Second), call.Now, NarrowCall.VideoSsrc), 1_400_000, 1_900_000);
        Assert.Empty(line.Subscriber.PausedSources);
    }

    [Fact]
    public void Paused_HiddenUntilLineIsWide_ResumesWhenShown()
    {
        var call = new NarrowCall();
        var line = call.Join(120_000);
        call.Run(8);
        line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Hidden);
        call.Run(1);
        Assert.Empty(line.Subscriber.PausedSources);
        line.BitsPerSecond = 20_000_000;
        call.Run(20);
        line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Of(1280, 720));
        call.Run(10);

        Assert.InRange(line.RateOf(call.Now - (2 * Second), call.Now, NarrowCall.VideoSsrc), 1_400_000, 1_900_000);
    }

    [Fact]
    public void Client_WithoutFeedback_GetsEverythingAtOnce()
    {
        var call = new NarrowCall();
        var line = call.Join(20_000_000);
        line.HasFeedback = false;
        call.Run(5);

        Assert.InRange(line.RateOf(call.Now - (2 * Second), call.Now, NarrowCall.VideoSsrc), 1_500_000, 1_900_000);
        Assert.Null(line.Subscriber.EstimatedBitsPerSecond);
    }

    [Fact]
    public void Audio_BesideKeyFrameOnNarrowLine_DoesNotWaitForIt()
    {
        var call = new NarrowCall();
        var line = call.Join(900_000);
        call.Run(10);
        var settled = call.Now;
        call.Camera.SetMuted(true);
        call.Camera.SetMuted(false); // asks for key frames, which are large
        call.Run(2);

        var audio = line.Sent.Where(s => s.Ticks > settled && RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.AudioSsrc).ToList();
        Assert.InRange(audio.Count, 99, 101);
        Assert.All(audio.Zip(audio.Skip(1)), pair => Assert.InRange(pair.Second.Ticks - pair.First.Ticks, 19 * Call.Millisecond, 21 * Call.Millisecond));
    }

    /// <summary>A client may give one ID to two extensions in its answer. The second one counts, and the first one is not negotiated.</summary>
    [Fact]
    public void Client_OneIdForTwoExtensions_IsServedWithoutNumbers()
    {
        var call = new NarrowCall();
        var line = call.Join(20_000_000, NarrowLine.Map.With(HeaderExtensionKind.VideoOrientation, NarrowLine.NumberId));

        call.Run(5);

        Assert.InRange(line.Sent.Count, 100, 5_000);
    }

    /// <summary>A part of the estimate is left for retransmissions, so more than the video itself has to be probed.</summary>
    /// <param name="milliseconds">The duration of the outage.</param>
    /// <param name="interval">One packet in this many is lost meanwhile.</param>
    [Theory]
    [InlineData(500, 1)]
    [InlineData(2_000, 1)]
    [InlineData(1_000, 3)]
    [InlineData(5_000, 4)]
    public void Paused_OnlyStreamAfterAnOutage_Resumes(int milliseconds, int interval)
    {
        var call = new NarrowCall(layers: 1) { HasMicrophone = false };
        var line = call.Join(20_000_000);
        call.Run(5);
        line.LossInterval = interval;
        call.Run(milliseconds / 1000.0);
        line.LossInterval = 0;
        call.Run(40);
        var start = call.Now;
        call.Run(5);

        Assert.InRange(line.RateOf(start, call.Now, NarrowCall.VideoSsrc), 0.8 * NarrowCall.LayerBits[2], 1.2 * NarrowCall.LayerBits[2]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Line_WidensAndLosesPackets_GetsHighestLayer(int interval)
    {
        var call = new NarrowCall { HasMicrophone = false };
        var line = call.Join(800_000);
        call.Run(10);
        (line.BitsPerSecond, line.LossInterval) = (20_000_000, interval);
        call.Run(60);
        var start = call.Now;
        call.Run(10);

        Assert.InRange(line.RateOf(start, call.Now, NarrowCall.VideoSsrc), 0.5 * NarrowCall.LayerBits[2], 1.2 * NarrowCall.LayerBits[2]); // of what is sent, some is lost
    }

    [Fact]
    public void KeyFrame_OnNarrowLine_IsSpreadOverTime()
    {
        var call = new NarrowCall(layers: 1);
        var line = call.Join(2_500_000);
        call.Run(10);
        var settled = call.Now;
        call.Camera.SetMuted(true);
        call.Camera.SetMuted(false);
        call.Run(2);

        var bursts = line.Sent.Where(s => s.Ticks > settled).GroupBy(s => s.Ticks).Select(g => g.Sum(s => s.Packet.Length)).ToList();
        Assert.True(bursts.Max() < 22_000, $"{bursts.Max()} bytes at once; the key frame has 28,000");
    }

    private static double Sent(NarrowLine line, long from, long to) =>
        line.Sent.Where(s => s.Ticks >= from && s.Ticks < to).Sum(s => s.Packet.Length * 8.0) / ((to - from) / (double)Second);

    internal static long WaitAt(NarrowLine line, long from, double quantile)
    {
        var waits = line.Sent.Where(s => s.Ticks >= from).Select(s => s.WaitTicks).Order().ToList();
        return waits[(int)(waits.Count * quantile)];
    }

    /// <summary>The longest time without a packet of video.</summary>
    internal static long LongestGap(NarrowLine line, long from, long to)
    {
        long[] times = [from, .. line.Received.Where(r => r.Ticks >= from && r.Ticks <= to && RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc).Select(r => r.Ticks), to];
        return times.Zip(times.Skip(1), (a, b) => b - a).Max();
    }

    private static double LostAudio(NarrowLine line, long from)
    {
        var sent = line.Sent.Count(s => s.Ticks >= from && RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.AudioSsrc);
        var received = line.Received.Count(r => r.Ticks >= from && RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.AudioSsrc);
        return (sent - received) / (double)sent;
    }
}
