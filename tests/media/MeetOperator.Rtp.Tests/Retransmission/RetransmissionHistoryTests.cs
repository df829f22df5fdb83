using MeetOperator.Rtp.Retransmission;

namespace MeetOperator.Rtp.Tests.Retransmission;

public sealed class RetransmissionHistoryTests
{
    [Fact]
    public void TryGet_RandomSizes_ReturnsAddedPacketOrNothing()
    {
        using var history = new RetransmissionHistory(packets: 64, capacityBytes: 20_000);
        var random = new Random(3);
        var packets = new List<byte[]>();
        for (var i = 0; i < 5000; i++)
        {
            var packet = new byte[random.Next(1, 1400)];
            random.NextBytes(packet);
            packets.Add(packet);
            Assert.True(history.Add(i, packet));

            var kept = 0;
            for (var back = 0; back < 70 && back <= i; back++)
            {
                if (history.TryGet(i - back, out var found))
                {
                    Assert.True(found.SequenceEqual(packets[i - back]));
                    Assert.Equal(back, kept++); // the most recent packets without a gap
                }
            }

            Assert.True(kept >= Math.Min(i + 1, 12));
        }
    }

    [Fact]
    public void TryGet_NotAdded_ReturnsFalse()
    {
        using var history = new RetransmissionHistory(8, 1000);
        Assert.False(history.TryGet(0, out _));
        history.Add(5, [1]);
        Assert.False(history.TryGet(13, out _));
        Assert.False(history.TryGet(-3, out _));
        Assert.True(history.TryGet(5, out _));
    }

    [Fact]
    public void Add_LargerThanHistory_ReturnsFalse()
    {
        using var history = new RetransmissionHistory(8, 100);
        Assert.False(history.Add(1, new byte[101]));
        Assert.True(history.Add(1, new byte[100]));
    }

    [Fact]
    public void Constructor_NotPowerOfTwo_Throws() =>
        Assert.Contains("power of two", Assert.Throws<ArgumentOutOfRangeException>(() => new RetransmissionHistory(100, 1000)).Message, StringComparison.Ordinal);

    [Fact]
    public void AddAndTryGet_ManyPackets_AllocatesNothing()
    {
        using var history = new RetransmissionHistory(512, 600_000);
        var packet = new byte[1100];
        history.Add(0, packet);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < 2000; i++)
        {
            history.Add(i, packet);
            history.TryGet(i - 1, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
