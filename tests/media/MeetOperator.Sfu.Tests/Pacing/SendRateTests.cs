using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tests.Pacing;

public sealed class SendRateTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private const long Burst = 20 * Millisecond;

    [Fact]
    public void IsOpen_NoLimit_IsAlwaysOpen()
    {
        var rate = default(SendRate);
        rate.OnSent(Millisecond, 1_000_000_000);
        Assert.True(rate.IsOpen(Millisecond, 0));
    }

    [Fact]
    public void OnSent_OneMegabit_LeavesBurstThenOnePacketAMillisecond()
    {
        var rate = default(SendRate);
        rate.Set(0, 1_000_000);
        var sent = new List<long>();
        for (var now = 0L; now <= 100 * Millisecond; now += Millisecond / 10)
        {
            while (rate.IsOpen(now, Burst))
            {
                rate.OnSent(now, 125); // a millisecond
                sent.Add(now);
            }
        }

        Assert.Equal(21, sent.Count(t => t == 0));
        Assert.InRange(sent.Count, 119, 122);
    }

    [Fact]
    public void NextTicks_AfterBurst_IsWhenThePacketIsThrough()
    {
        var rate = default(SendRate);
        rate.Set(0, 1_000_000);
        rate.OnSent(0, 125 * 30);

        Assert.False(rate.IsOpen(0, Burst));
        Assert.Equal(10 * Millisecond, rate.NextTicks(Burst));
        Assert.True(rate.IsOpen(rate.NextTicks(Burst), Burst));
    }

    [Fact]
    public void Set_LowerRate_WhatWasSentTakesLonger()
    {
        var rate = default(SendRate);
        rate.Set(0, 1_000_000);
        rate.OnSent(0, 125 * 30);
        rate.Set(0, 500_000);

        Assert.Equal(40 * Millisecond, rate.NextTicks(Burst));
    }

    [Fact]
    public void IsOpen_AfterLongPause_MakesUpForTwoMillisecondsOnly()
    {
        var rate = default(SendRate);
        rate.Set(1000 * Millisecond, 1_000_000);
        Assert.True(rate.IsOpen(10_000 * Millisecond, 0));
        rate.OnSent(10_000 * Millisecond, 125 * 2);
        Assert.True(rate.IsOpen(10_000 * Millisecond, 0));
        rate.OnSent(10_000 * Millisecond, 125);
        Assert.False(rate.IsOpen(10_000 * Millisecond, 0));
        Assert.False(rate.IsOpen(9_000 * Millisecond, 0)); // an earlier time changes nothing
    }
}
