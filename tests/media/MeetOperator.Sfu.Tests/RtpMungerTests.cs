using MeetOperator.Sfu.Forwarding;

namespace MeetOperator.Sfu.Tests;

public sealed class RtpMungerTests
{
    [Fact]
    public void TryMap_BeforeResume_ReturnsFalse() => Assert.False(new RtpMunger().TryMap(At(1), 0, out _));

    [Fact]
    public void TryMap_LossAndReordering_KeepsSourceGaps()
    {
        var munger = new RtpMunger();
        munger.Resume(0, At(70_000), 10);

        Assert.Equal([10, 13, 11, 14], new long[] { 70_000, 70_003, 70_001, 70_004 }.Select(s => (int)Map(ref munger, s)));
    }

    [Fact]
    public void Resume_AfterPause_ContinuesWithoutGap()
    {
        var munger = new RtpMunger();
        munger.Resume(0, At(1000), 10);
        Map(ref munger, 1000);
        Map(ref munger, 1001);

        munger.Resume(0, At(1500), 10);

        Assert.Equal(12, Map(ref munger, 1500));
        Assert.False(munger.TryMap(At(1499), 0, out _));
    }

    [Fact]
    public void TryMap_AcrossWrap_ContinuesNumbers()
    {
        var munger = new RtpMunger();
        munger.Resume(0, At(1000), ushort.MaxValue);

        Assert.Equal([65535, 0, 1], new long[] { 1000, 1001, 1002 }.Select(s => (int)Map(ref munger, s)));
    }

    [Fact]
    public void TryFindSource_SeveralSegments_FindsEveryPacket()
    {
        var munger = new RtpMunger();
        var sent = new Dictionary<ushort, long>();
        long source = 1000;
        for (var segment = 0; segment < 4; segment++, source += 500)
        {
            munger.Resume(0, At(source), 65_530);
            for (var i = 0; i < 5; i++)
            {
                sent[Map(ref munger, source + i)] = source + i;
            }
        }

        Assert.All(sent, pair =>
        {
            Assert.True(munger.TryFindSource(pair.Key, out _, out var found, out _));
            Assert.Equal(pair.Value, found);
        });
    }

    [Fact]
    public void TryFindSource_UnsentOrTooOld_ReturnsFalse()
    {
        var munger = new RtpMunger();
        Assert.False(munger.TryFindSource(10, out _, out _, out _));
        for (var segment = 0; segment < 10; segment++)
        {
            munger.Resume(0, At(1000 + (segment * 500)), 10);
            Map(ref munger, 1000 + (segment * 500));
        }

        Assert.False(munger.TryFindSource(11, out _, out _, out _));
        Assert.False(munger.TryFindSource(20, out _, out _, out _));
        Assert.True(munger.TryFindSource(12, out _, out _, out _));
    }

    [Fact]
    public void Replace_OtherSource_ContinuesClockAndForgetsFormerPackets()
    {
        var munger = new RtpMunger();
        munger.Replace(0, At(1000, 500_000), 10, 0, 90_000);
        Assert.True(munger.TryMap(At(1000, 500_000), 0, out _));
        var before = 500_000 + munger.Offsets.Timestamp;

        munger.Replace(0, At(9, 77), 10, TimeSpan.TicksPerSecond, 90_000);
        Assert.True(munger.TryMap(At(9, 77), TimeSpan.TicksPerSecond, out var sequence));

        Assert.Equal(11, sequence);
        Assert.Equal(90_000u, 77 + munger.Offsets.Timestamp - before);
        Assert.False(munger.TryFindSource(10, out _, out _, out _));
        Assert.True(munger.TryFindSource(11, out _, out _, out _));
    }

    [Fact]
    public void Switch_KnownClockOffset_AlignsClocks()
    {
        var munger = new RtpMunger();
        munger.Replace(0, At(1, 90_000), 10, 0, 90_000);
        munger.TryMap(At(1, 90_000), 0, out _);

        // The clock of the other layer is ahead by 5,000,000. Its picture was captured 4,500 units after the last one, but arrives 20 ms late.
        munger.Switch(1, At(70, 5_094_500), 10, 70 * TimeSpan.TicksPerMillisecond, 90_000, clockOffset: 5_000_000);

        Assert.Equal(94_500u, 5_094_500 + munger.Offsets.Timestamp);
    }

    [Theory]
    [InlineData(5_090_000)] // captured at the same time as the last picture
    [InlineData(5_080_000)] // captured before
    public void Switch_PictureNotNewer_IncreasesTimestamp(uint timestamp)
    {
        var munger = new RtpMunger();
        munger.Replace(0, At(1, 90_000), 10, 0, 90_000);
        munger.TryMap(At(1, 90_000), 0, out _);

        munger.Switch(1, At(70, timestamp), 10, TimeSpan.TicksPerMillisecond, 90_000, clockOffset: 5_000_000);

        Assert.Equal(90_001u, timestamp + munger.Offsets.Timestamp);
    }

    [Fact]
    public void Switch_ClockOffsetFarAhead_FollowsArrival()
    {
        var munger = new RtpMunger();
        munger.Replace(0, At(1, 90_000), 10, 0, 90_000);
        munger.TryMap(At(1, 90_000), 0, out _);

        munger.Switch(1, At(70, 5_000_000), 10, TimeSpan.TicksPerSecond, 90_000, clockOffset: 0);

        Assert.Equal(180_000u, 5_000_000 + munger.Offsets.Timestamp);
    }

    [Fact]
    public void Forget_Layer_FindsOnlyPacketsOfOthers()
    {
        var munger = new RtpMunger();
        munger.Resume(0, At(1000), 10);
        Map(ref munger, 1000);
        munger.Switch(1, At(70), 10, 0, 90_000, null);
        Map(ref munger, 70);

        munger.Forget(0);

        Assert.False(munger.TryFindSource(10, out _, out _, out _));
        Assert.True(munger.TryFindSource(11, out var layer, out var found, out _));
        Assert.Equal((1, 70L), (layer, found));
    }

    private static SourceNumbers At(long sequence, uint timestamp = 0) => new() { Sequence = sequence, Timestamp = timestamp };

    private static ushort Map(ref RtpMunger munger, long source)
    {
        Assert.True(munger.TryMap(At(source), 0, out var sequence));
        return sequence;
    }
}
