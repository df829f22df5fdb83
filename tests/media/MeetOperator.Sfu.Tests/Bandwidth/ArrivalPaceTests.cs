using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

public sealed class ArrivalPaceTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private ArrivalPace _pace;
    private long _sent = TimeSpan.TicksPerHour;
    private long _arrived = TimeSpan.TicksPerHour + (50 * TimeSpan.TicksPerMillisecond);

    [Fact]
    public void Packets_ArriveAsTheyWereSent_AreNeitherBehindNorAhead()
    {
        Add(packets: 60, sentMilliseconds: 20, arrivalMilliseconds: 20);

        Assert.Equal((false, false), (_pace.IsBehind, _pace.IsAhead));
    }

    /// <summary>Little is sent while the line is still busy with its queue, so what arrives is what the line takes.</summary>
    [Fact]
    public void Packets_ComeOutOfQueue_AreAheadAtTheRateOfTheLine()
    {
        Add(packets: 60, sentMilliseconds: 5, arrivalMilliseconds: 20);
        Assert.Equal((true, false), (_pace.IsBehind, _pace.IsAhead));

        Add(packets: 30, sentMilliseconds: 40, arrivalMilliseconds: 20);

        Assert.True(_pace.IsAhead);
        Assert.InRange(_pace.RecentBitsPerSecond, 380_000, 420_000);
    }

    /// <summary>A path that becomes longer shifts all arrivals, and shows nothing about what the line takes.</summary>
    [Fact]
    public void Packets_PathBecomesLonger_AreNotAhead()
    {
        Add(packets: 60, sentMilliseconds: 20, arrivalMilliseconds: 20);
        _arrived += 250 * Millisecond;

        for (var packet = 0; packet < 60; packet++)
        {
            Add(packets: 1, sentMilliseconds: 20, arrivalMilliseconds: 20);
            Assert.False(_pace.IsAhead);
        }
    }

    [Fact]
    public void Packets_ClockOfClientIsSetBack_AreMeasuredAnew()
    {
        Add(packets: 60, sentMilliseconds: 20, arrivalMilliseconds: 20);
        _arrived -= TimeSpan.TicksPerHour;

        Add(packets: 60, sentMilliseconds: 20, arrivalMilliseconds: 80);

        Assert.True(_pace.IsBehind);
        Assert.InRange(_pace.RecentBitsPerSecond, 90_000, 110_000);
    }

    /// <summary>Packets of 1,000 bytes.</summary>
    private void Add(int packets, long sentMilliseconds, long arrivalMilliseconds)
    {
        for (var packet = 0; packet < packets; packet++)
        {
            _sent += sentMilliseconds * Millisecond;
            _arrived += arrivalMilliseconds * Millisecond;
            _pace.OnArrival(_sent, _arrived, 1_000);
        }
    }
}
