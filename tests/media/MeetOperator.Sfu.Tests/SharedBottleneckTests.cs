namespace MeetOperator.Sfu.Tests;

/// <summary>
/// Two receivers of one camera in layers behind one bottleneck, as in one household, with the pacing and the choice of layers of the media node, retransmissions and redundant sound.
/// </summary>
public sealed class SharedBottleneckTests
{
    /// <summary>Half of the line takes the lowest, the middle or the highest layer.</summary>
    [Theory]
    [InlineData(500_000, 0)]
    [InlineData(500_000, 50)]
    [InlineData(1_300_000, 0)]
    [InlineData(1_300_000, 50)]
    [InlineData(4_200_000, 0)]
    [InlineData(4_200_000, 50)]
    public void Join_SecondReceiver_SharesWithinAQuarter(long bits, int lossInterval)
    {
        var (first, second) = Run(bits, lossInterval, hasTemporalLayers: false, out var from, out var to);

        var fair = (first.RateOf(from, to) + second.RateOf(from, to)) / 2;
        Assert.All(new[] { first, second }, line => Assert.InRange(line.RateOf(from, to), 0.75 * fair, 1.25 * fair));
        AssertShortQueue(first, second, from);
        Assert.All(new[] { first, second }, line => Assert.Contains(line.Sent, s => RecordingEgress.Header(s.Packet).PayloadType == 97));
        if (lossInterval > 0)
        {
            Assert.All(new[] { first, second }, line => Assert.Contains(line.Sent, s => RecordingEgress.Header(s.Packet).PayloadType == NarrowCall.RedPayloadType));
        }
    }

    /// <summary>Half the pictures of the highest layer are too much for half of the line. The middle layer is not, and must not wait for as long.</summary>
    [Fact]
    public void Join_SecondReceiverOfTemporalLayers_SharesWithinAQuarter()
    {
        var (first, second) = Run(1_300_000, lossInterval: 0, hasTemporalLayers: true, out var from, out var to);

        Assert.All(new[] { first, second }, line => Assert.InRange(line.RateOf(from, to), 450_000, 650_000));
        AssertShortQueue(first, second, from);
    }

    /// <summary>With a fair share between two layers, one receiver can get the higher and the other the lower one. Neither waits long, and neither goes without pictures.</summary>
    [Theory]
    [InlineData(800_000, 0, false)]
    [InlineData(800_000, 50, true)]
    [InlineData(2_000_000, 0, true)]
    [InlineData(2_000_000, 50, false)]
    [InlineData(3_000_000, 0, true)]
    [InlineData(3_000_000, 50, false)]
    public void Join_ShareBetweenTwoLayers_QueueStaysShortAndBothGetPictures(long bits, int lossInterval, bool hasTemporalLayers)
    {
        var (first, second) = Run(bits, lossInterval, hasTemporalLayers, out var from, out var to);

        AssertShortQueue(first, second, from);
        Assert.All(new[] { first, second }, line => Assert.InRange(line.RateOf(from, to, NarrowCall.VideoSsrc), 0.5 * NarrowCall.LayerBits[0], bits));
    }

    /// <summary>
    /// With one address, the media node finds out that they share a line, and no longer leaves the larger picture to the one who got it first. As in Chromium, each request for a key frame
    /// makes one of each layer.
    /// </summary>
    [Theory]
    [InlineData(1_300_000, 0)]
    [InlineData(1_300_000, 50)]
    [InlineData(1_600_000, 0)]
    [InlineData(1_600_000, 50)]
    [InlineData(2_000_000, 0)]
    [InlineData(2_000_000, 50)]
    [InlineData(3_000_000, 0)]
    [InlineData(3_000_000, 50)]
    public void Join_SecondReceiverWithTheSameAddress_SharesWithinAQuarter(long bits, int lossInterval)
    {
        var call = new NarrowCall { HasTemporalLayers = true, HasCommonKeyFrames = true, HasOneAddress = true };
        var (first, second) = JoinBoth(call, bits, lossInterval);
        call.Run(60);
        var from = call.Now;

        call.Run(120);

        var fair = (first.RateOf(from, call.Now) + second.RateOf(from, call.Now)) / 2;
        Assert.All(new[] { first, second }, line => Assert.InRange(line.RateOf(from, call.Now), 0.75 * fair, 1.25 * fair));
        Assert.InRange(2 * fair, 0.5 * bits, bits);
        AssertShortQueue(first, second, from);
    }

    /// <summary>Two people with one address, one of whom has a narrow line of their own, as a bad radio link at home.</summary>
    [Theory]
    [InlineData(350_000)]
    [InlineData(600_000)]
    [InlineData(900_000)]
    public void Join_SecondReceiverWithANarrowLineOfItsOwn_FirstKeepsTheBestPicture(long bits)
    {
        var call = new NarrowCall { HasTemporalLayers = true, HasCommonKeyFrames = true, HasOneAddress = true };
        var first = call.Join(20_000_000, requestsLost: true);
        call.Run(5);
        call.Join(bits, requestsLost: true);
        call.Run(10);
        var from = call.Now;

        call.Run(300);

        Assert.InRange(first.RateOf(from, call.Now, NarrowCall.VideoSsrc), 0.93 * NarrowCall.LayerBits[2], 1.1 * NarrowCall.LayerBits[2]);
    }

    /// <summary>The line of both becomes wide when it is known that they share it, as when a download ends.</summary>
    [Fact]
    public void Shared_LineBecomesWide_BothGetTheBestPictureSoon()
    {
        var call = new NarrowCall { HasTemporalLayers = true, HasCommonKeyFrames = true, HasOneAddress = true };
        var (first, second) = JoinBoth(call, 1_600_000, lossInterval: 0);
        call.Run(40);
        first.BitsPerSecond = 20_000_000;
        call.Run(40);
        var from = call.Now;

        call.Run(20);

        Assert.All(new[] { first, second }, line => Assert.InRange(line.RateOf(from, call.Now, NarrowCall.VideoSsrc), 0.93 * NarrowCall.LayerBits[2], 1.1 * NarrowCall.LayerBits[2]));
    }

    /// <summary>The line of one of two people with one address is narrow for some seconds, as in a lift.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(14)]
    public void Join_LineOfOneIsNarrowForAMoment_OtherKeepsTheBestPicture(int seconds)
    {
        var call = new NarrowCall { HasTemporalLayers = true, HasCommonKeyFrames = true, HasOneAddress = true };
        var (first, second) = (call.Join(20_000_000, requestsLost: true), call.Join(20_000_000, requestsLost: true));
        call.Run(30);
        second.BitsPerSecond = 350_000;
        call.Run(seconds);
        second.BitsPerSecond = 20_000_000;
        var from = call.Now;

        call.Run(120);

        Assert.InRange(first.RateOf(from, call.Now, NarrowCall.VideoSsrc), 0.9 * NarrowCall.LayerBits[2], 1.1 * NarrowCall.LayerBits[2]);
    }

    /// <summary>Of several people behind one line, nobody gets less than half of a fair share for long, and together they get most of what they got without being known to share it.</summary>
    [Theory]
    [InlineData(3, 4_000_000)]
    [InlineData(4, 3_000_000)]
    [InlineData(4, 6_000_000)]
    [InlineData(8, 6_000_000)]
    public void Join_SeveralReceiversWithTheSameAddress_PoorestGetsHalfAFairShare(int receivers, long bits)
    {
        var call = new NarrowCall { HasTemporalLayers = true, HasCommonKeyFrames = true, HasOneAddress = true };
        var lines = new List<NarrowLine> { call.Join(bits, requestsLost: true) };
        for (var i = 1; i < receivers; i++)
        {
            call.Run(3);
            lines.Add(call.Join(bits, bottleneck: lines[0], requestsLost: true));
        }

        call.Run(60);
        var from = call.Now;

        call.Run(240);

        var rates = lines.Select(line => line.RateOf(from, call.Now, NarrowCall.VideoSsrc)).ToList();
        Assert.True(rates.Min() >= 0.5 * bits / receivers && rates.Sum() >= 0.5 * bits, string.Join(", ", rates.Select(rate => $"{rate / 1000:F0}")));
    }

    /// <summary>The second receiver joins after 15 s. Returns what both got in the last 40 of the next 70 s.</summary>
    private static (NarrowLine First, NarrowLine Second) Run(long bits, int lossInterval, bool hasTemporalLayers, out long from, out long to)
    {
        var call = new NarrowCall { HasTemporalLayers = hasTemporalLayers };
        var (first, second) = JoinBoth(call, bits, lossInterval);
        call.Run(30);
        from = call.Now;
        call.Run(40);
        to = call.Now;
        return (first, second);
    }

    private static (NarrowLine First, NarrowLine Second) JoinBoth(NarrowCall call, long bits, int lossInterval)
    {
        var first = call.Join(bits, requestsLost: true);
        first.LossInterval = lossInterval;
        call.Run(15);
        var second = call.Join(bits, bottleneck: first, requestsLost: true);
        second.LossInterval = lossInterval;
        return (first, second);
    }

    private static void AssertShortQueue(NarrowLine first, NarrowLine second, long from)
    {
        var waits = first.Sent.Concat(second.Sent).Where(s => s.Ticks >= from).Select(s => s.WaitTicks).Order().ToList();
        Assert.InRange(waits[(int)(waits.Count * 0.95)], 0, 200 * Call.Millisecond);
    }
}
