using MeetOperator.Rtp.Reception;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Tests.Reception;

public sealed class ReceiveStatisticsTests
{
    private const long Start = 100 * TimeSpan.TicksPerSecond;
    private const long Frame = 20 * TimeSpan.TicksPerMillisecond;

    private readonly ReceiveStatistics _statistics = new(ssrc: 5, clockRate: 48_000);

    [Fact]
    public void CreateReport_EveryFourthPacketLost_ReportsLoss()
    {
        for (var i = 0; i < 401; i++)
        {
            if (i % 4 != 3)
            {
                Receive(i);
            }
        }

        var report = _statistics.CreateReport(Start);

        Assert.Equal(5u, report.Ssrc);
        Assert.Equal(100, report.CumulativeLost);
        Assert.InRange(report.FractionLost, 62, 64);
        Assert.Equal(400u, report.ExtendedHighestSequenceNumber);
        Assert.Equal(0u, report.Jitter);
        Assert.Equal(301, _statistics.PacketsReceived);
    }

    [Fact]
    public void CreateReport_SecondInterval_CountsOnlyThatInterval()
    {
        Receive(0);
        Receive(10);
        _statistics.CreateReport(Start);
        Receive(11);
        Receive(12);

        var report = _statistics.CreateReport(Start);

        Assert.Equal(0, report.FractionLost);
        Assert.Equal(9, report.CumulativeLost);
    }

    [Fact]
    public void CreateReport_SequenceNumberWrap_CountsCycle()
    {
        for (var i = 65530; i < 65540; i++)
        {
            Receive(i);
        }

        var report = _statistics.CreateReport(Start);

        Assert.Equal((1u << 16) | 3, report.ExtendedHighestSequenceNumber);
        Assert.Equal(0, report.CumulativeLost);
    }

    [Fact]
    public void CreateReport_Duplicates_ReportsNegativeLoss()
    {
        Receive(1);
        Receive(1);
        Receive(1);

        var report = _statistics.CreateReport(Start);

        Assert.Equal(-2, report.CumulativeLost);
        Assert.Equal(0, report.FractionLost);
    }

    [Fact]
    public void CreateReport_NothingReceived_IsEmpty()
    {
        var report = _statistics.CreateReport(Start);
        Assert.Equal(new ReportBlock { Ssrc = 5 }, report);
    }

    /// <summary>RFC 3550 A.8: with a constant deviation D between consecutive packets, the estimate converges to D.</summary>
    [Fact]
    public void Jitter_AlternatingDelay_ConvergesToDeviation()
    {
        for (var i = 0; i < 1000; i++)
        {
            var late = i % 2 == 0 ? 0 : TimeSpan.TicksPerMillisecond;
            _statistics.OnPacket(Start + (i * Frame) + late, (ushort)i, (uint)(i * 960));
        }

        Assert.InRange(_statistics.Jitter, 46u, 48u); // 1 ms at 48 kHz, minus the fixed-point rounding
    }

    [Fact]
    public void Jitter_TimestampWrap_StaysZero()
    {
        var timestamp = uint.MaxValue - 960 * 5;
        for (var i = 0; i < 20; i++)
        {
            _statistics.OnPacket(Start + (i * Frame), (ushort)i, timestamp);
            timestamp += 960;
        }

        Assert.Equal(0u, _statistics.Jitter);
    }

    [Fact]
    public void CreateReport_AfterSenderReport_HasTimeAndDelay()
    {
        Receive(1);
        _statistics.OnSenderReport(Start, 0x0001_0002_0003_0004);

        var report = _statistics.CreateReport(Start + (TimeSpan.TicksPerSecond / 2));

        Assert.Equal(0x0002_0003u, report.LastSenderReport);
        Assert.Equal(32768u, report.DelaySinceLastSenderReport);
    }

    private void Receive(int index) =>
        _statistics.OnPacket(Start + (index * Frame), (ushort)index, (uint)(index * 960));
}
