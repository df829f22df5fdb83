using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class AudioRateTests
{
    private const int PacketBytes = 1000;
    private AudioRate _rate = new();

    [Fact]
    public void TryAdd_MoreThanOpusNeeds_DropsTheRest()
    {
        const int Seconds = 10;
        var taken = 0;
        for (var i = 0; i < Seconds * 1000; i++) // 8 Mbit/s
        {
            taken += _rate.TryAdd(TimeSpan.TicksPerHour + (i * TimeSpan.TicksPerMillisecond), PacketBytes, 0, out _) ? 1 : 0;
        }

        Assert.InRange(taken * PacketBytes * 8.0 / Seconds, 600_000, 650_000); // with the burst at the start
    }

    /// <summary>Earlier frames beyond the limit are not sent again. The current ones are.</summary>
    [Fact]
    public void TryAdd_TooMuchRedundancy_KeepsCurrentFrames()
    {
        const int Seconds = 10;
        var redundant = 0;
        for (var i = 0; i < Seconds * 200; i++) // 1.6 Mbit/s, almost all of it earlier frames
        {
            Assert.True(_rate.TryAdd(TimeSpan.TicksPerHour + (i * 5 * TimeSpan.TicksPerMillisecond), PacketBytes, PacketBytes - 100, out var isRedundant));
            redundant += isRedundant ? PacketBytes - 100 : 0;
        }

        Assert.InRange(redundant * 8.0 / Seconds, 600_000, 650_000);
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
            Assert.True(_rate.TryAdd(TimeSpan.TicksPerHour + (i * TimeSpan.TicksPerSecond), PacketBytes, redundantBytes, out _));
        }
    }
}
