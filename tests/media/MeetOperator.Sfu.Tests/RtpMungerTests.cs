using MeetOperator.Sfu.Forwarding;

namespace MeetOperator.Sfu.Tests;

public sealed class RtpMungerTests
{
    [Fact]
    public void TryMap_BeforeResume_ReturnsFalse() => Assert.False(new RtpMunger().TryMap(1, 0, 0, out _, out _));

    [Fact]
    public void TryMap_LossAndReordering_KeepsSourceGaps()
    {
        var munger = new RtpMunger();
        munger.Resume(70_000, firstOut: 10);

        Assert.Equal([10, 13, 11, 14], new long[] { 70_000, 70_003, 70_001, 70_004 }.Select(s => (int)Map(ref munger, s)));
    }

    [Fact]
    public void Resume_AfterPause_ContinuesWithoutGap()
    {
        var munger = new RtpMunger();
        munger.Resume(1000, 10);
        Map(ref munger, 1000);
        Map(ref munger, 1001);

        munger.Resume(1500, 10);

        Assert.Equal(12, Map(ref munger, 1500));
        Assert.False(munger.TryMap(1499, 0, 0, out _, out _));
    }

    [Fact]
    public void TryMap_AcrossWrap_ContinuesNumbers()
    {
        var munger = new RtpMunger();
        munger.Resume(1000, ushort.MaxValue);

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
            munger.Resume(source, 65_530);
            for (var i = 0; i < 5; i++)
            {
                sent[Map(ref munger, source + i)] = source + i;
            }
        }

        Assert.All(sent, pair =>
        {
            Assert.True(munger.TryFindSource(pair.Key, out var found));
            Assert.Equal(pair.Value, found);
        });
    }

    [Fact]
    public void TryFindSource_UnsentOrTooOld_ReturnsFalse()
    {
        var munger = new RtpMunger();
        Assert.False(munger.TryFindSource(10, out _));
        for (var segment = 0; segment < 6; segment++)
        {
            munger.Resume(1000 + (segment * 500), 10);
            Map(ref munger, 1000 + (segment * 500));
        }

        Assert.False(munger.TryFindSource(10, out _));
        Assert.False(munger.TryFindSource(16, out _));
        Assert.True(munger.TryFindSource(15, out _));
    }

    [Fact]
    public void Switch_NewSource_ContinuesClock()
    {
        var munger = new RtpMunger();
        munger.Switch(1000, 500_000, 10, 0, 90_000);
        munger.TryMap(1000, 500_000, 0, out _, out var before);

        munger.Switch(9, 77, 10, TimeSpan.TicksPerSecond, 90_000);
        munger.TryMap(9, 77, TimeSpan.TicksPerSecond, out var sequence, out var after);

        Assert.Equal(11, sequence);
        Assert.Equal(90_000u, after - before);
    }

    private static ushort Map(ref RtpMunger munger, long source)
    {
        Assert.True(munger.TryMap(source, 0, 0, out var sequence, out _));
        return sequence;
    }
}
