using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class AudioRateTests
{
    private const int PacketBytes = 1000;
    private AudioRate _rate = new();

    [Fact]
    public void TryAdd_MoreThanTwoMegabits_DropsTheRest()
    {
        const int Seconds = 10;
        var taken = 0;
        for (var i = 0; i < Seconds * 1000; i++) // 8 Mbit/s
        {
            taken += _rate.TryAdd(TimeSpan.TicksPerHour + (i * TimeSpan.TicksPerMillisecond), PacketBytes) ? 1 : 0;
        }

        Assert.InRange(taken * PacketBytes * 8.0 / Seconds, 2_000_000, 2_150_000); // with the burst at the start
    }

    [Fact]
    public void BitsPerSecondOf_NoRedundancy_CountsEverything()
    {
        Add(redundantBytes: 0);
        Assert.Equal(40_000, _rate.BitsPerSecondOf(5_000));
        Assert.InRange(_rate.RedundantBitsPerSecondOf(5_000), 60_000, 80_000);
    }

    [Fact]
    public void BitsPerSecondOf_EachFrameTwice_LeavesOutTheSecond()
    {
        Add(redundantBytes: PacketBytes / 2);
        Assert.InRange(_rate.BitsPerSecondOf(5_000), 19_900, 20_100);
        Assert.Equal(40_000, _rate.RedundantBitsPerSecondOf(5_000));
    }

    [Fact]
    public void BitsPerSecondOf_NoPackets_IsTheRateThatArrives() => Assert.Equal(40_000, _rate.BitsPerSecondOf(5_000));

    private void Add(int redundantBytes)
    {
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(_rate.TryAdd(TimeSpan.TicksPerHour + (i * TimeSpan.TicksPerSecond), PacketBytes));
            _rate.OnRedundancy(redundantBytes);
        }
    }
}
