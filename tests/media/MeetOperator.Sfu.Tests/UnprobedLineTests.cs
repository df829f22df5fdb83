namespace MeetOperator.Sfu.Tests;

/// <summary>Lines that cannot be probed: the client has no RTX, which carries padding, or sends only its own estimate.</summary>
public sealed class UnprobedLineTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 1)]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    [InlineData(false, false, 3)]
    [InlineData(false, true, 3)]
    [InlineData(true, false, 3)]
    [InlineData(true, true, 3)]
    public void Paused_LineIsWideAgain_Resumes(bool sendsEstimates, bool hasMicrophone, int layers)
    {
        var call = new NarrowCall(layers) { HasMicrophone = hasMicrophone };
        var line = call.Join(20_000_000, hasRtx: false, sendsEstimates: sendsEstimates);
        call.Run(10);
        line.BitsPerSecond = layers == 1 ? 300_000 : 60_000;
        call.Run(10); // between two trials
        Assert.Equal([call.Camera], line.Subscriber.PausedSources);

        line.BitsPerSecond = 20_000_000;
        call.Run(120);
        var start = call.Now;
        call.Run(5);

        Assert.Empty(line.Subscriber.PausedSources);
        Assert.InRange(line.RateOf(start, call.Now, NarrowCall.VideoSsrc), 1_300_000, 2_000_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Paused_LineStaysNarrow_IsTriedSeldomAndSoundGoesOn(bool sendsEstimates)
    {
        var call = new NarrowCall();
        var line = call.Join(20_000_000, hasRtx: false, sendsEstimates: sendsEstimates);
        call.Run(5);
        line.BitsPerSecond = 90_000;
        call.Run(60);
        var start = call.Now;
        call.Run(240);

        var waits = line.Sent.Where(s => s.Ticks >= start && RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.AudioSsrc).Select(s => s.WaitTicks).Order().ToList();
        Assert.InRange(waits[(int)(waits.Count * 0.9)], 0, 200 * Call.Millisecond);
        var sent = line.Sent.Count(s => s.Ticks >= start && RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.AudioSsrc);
        var received = line.Received.Count(r => r.Ticks >= start && RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.AudioSsrc);
        Assert.InRange(received, sent * 0.97, sent + 10);
        var busySeconds = line.Sent.Where(s => s.Ticks >= start && RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.VideoSsrc).Select(s => s.Ticks / Second).Distinct().Count();
        Assert.InRange(busySeconds, 1, 30);
    }

    [Theory]
    [InlineData(900_000, 500_000)]
    [InlineData(350_000, 150_000)]
    public void ReceiverEstimates_LineIsNarrow_GetsLayerThatFits(long bits, double expected)
    {
        var call = new NarrowCall();
        var line = call.Join(bits, sendsEstimates: true);
        call.Run(60);
        var settled = call.Now;
        call.Run(60);

        Assert.InRange(line.RateOf(settled, call.Now, NarrowCall.VideoSsrc), expected * 0.8, expected * 1.4);
    }

    [Fact]
    public void ReceiverEstimates_LineIsTooNarrowForVideo_PausesIt()
    {
        var call = new NarrowCall();
        var line = call.Join(90_000, sendsEstimates: true);
        call.Run(10);
        var paused = 0;
        for (var i = 0; i < 100; i++)
        {
            call.Run(1);
            paused += line.Subscriber.PausedSources.Count;
        }

        Assert.InRange(paused, 70, 99); // seconds; in the others, the lowest layer is tried
    }
}
