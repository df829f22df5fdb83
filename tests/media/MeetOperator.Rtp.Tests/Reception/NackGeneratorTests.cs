using MeetOperator.Rtp.Reception;

namespace MeetOperator.Rtp.Tests.Reception;

public sealed class NackGeneratorTests
{
    private const long Start = 100 * TimeSpan.TicksPerSecond;
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private const long RoundTrip = 50 * Millisecond;

    private readonly NackGenerator _generator = new();

    [Fact]
    public void Collect_PersistentGap_RequestsAfterReorderTime()
    {
        Receive(65533, 65534, 2);

        Assert.Empty(Collect(0));
        Assert.Equal(Start + (5 * Millisecond), _generator.NextTimeoutTicks);
        Assert.Equal([65535, 0, 1], Collect(5));
    }

    [Fact]
    public void Collect_LateArrival_RequestsNothing()
    {
        Receive(10, 12);
        Assert.True(_generator.OnPacket(Start, 11));

        Assert.Empty(Collect(5));
        Assert.Equal(long.MaxValue, _generator.NextTimeoutTicks);
    }

    [Fact]
    public void Collect_NoRetransmission_RequestsEveryRoundTrip()
    {
        Receive(10, 12);
        Assert.Equal([11], Collect(5));
        Assert.Empty(Collect(54));
        Assert.Equal([11], Collect(55));
        Assert.Equal(Start + (105 * Millisecond), _generator.NextTimeoutTicks);
    }

    /// <summary>Age ends the requests, not their number, so a path that is interrupted for almost two seconds still gets the packet again.</summary>
    [Theory]
    [InlineData(1, 12)]
    [InlineData(50, 12)]
    [InlineData(200, 10)]
    [InlineData(500, 4)]
    public void Collect_NoRetransmission_GivesUpAfterTwoSeconds(int roundTripMs, int requests)
    {
        Receive(10, 12);
        var buffer = new ushort[10];
        var asked = 0;
        for (var wake = _generator.NextTimeoutTicks; wake != long.MaxValue; wake = _generator.NextTimeoutTicks)
        {
            Assert.False(_generator.NeedsKeyFrame);
            Assert.InRange(wake, Start, Start + (2000 * Millisecond));
            asked += _generator.Collect(wake, roundTripMs * Millisecond, buffer);
            Assert.Equal(wake == Start + (2000 * Millisecond), _generator.NeedsKeyFrame);
        }

        Assert.Equal(requests, asked);
        Assert.True(_generator.NeedsKeyFrame);
        _generator.OnKeyFrame(13);
        Assert.False(_generator.NeedsKeyFrame);
    }

    [Fact]
    public void Collect_HugeRoundTrip_GivesUpAfterFourSeconds()
    {
        Receive(10, 12);
        var buffer = new ushort[10];
        for (var ms = 0; ms <= 4000; ms += 5)
        {
            Assert.False(_generator.NeedsKeyFrame);
            _generator.Collect(Start + (ms * Millisecond), 5000 * Millisecond, buffer);
        }

        Assert.True(_generator.NeedsKeyFrame);
    }

    [Fact]
    public void OnPacket_RequestedTwice_ReportsTimeSinceFirstRequest()
    {
        Receive(10, 12);
        Collect(5);
        Collect(55);

        Assert.True(_generator.OnPacket(Start + (60 * Millisecond), 11));
        Assert.Equal(55 * Millisecond, _generator.LastRecoveryTicks);
        _generator.OnPacket(Start + (60 * Millisecond), 13);
        Assert.Equal(0, _generator.LastRecoveryTicks);
    }

    [Fact]
    public void OnPacket_GapTooLarge_NeedsKeyFrame()
    {
        Receive(10, 2000);

        Assert.True(_generator.NeedsKeyFrame);
        Assert.Empty(Collect(5));
        Receive(2001, 2003);
        Assert.Equal([2002], Collect(10));
    }

    [Fact]
    public void OnKeyFrame_EarlierPacketsMissing_DropsRequests()
    {
        Receive(10, 12, 14, 16);

        _generator.OnKeyFrame(14);

        Assert.Equal([15], Collect(5));
    }

    [Fact]
    public void Collect_SmallDestination_ReturnsRestInNextCall()
    {
        Receive(10, 20);
        var first = new ushort[4];

        Assert.Equal(4, _generator.Collect(Start + (5 * Millisecond), RoundTrip, first));
        Assert.Equal([11, 12, 13, 14], first);
        Assert.Equal([15, 16, 17, 18, 19], Collect(5));
    }

    [Fact]
    public void Collect_RandomLoss_RequestsExactlyMissingPackets()
    {
        var random = new Random(11);
        var lost = new HashSet<ushort>();
        var asked = new HashSet<ushort>();
        var now = Start;
        Span<ushort> wanted = stackalloc ushort[64];
        for (var i = 0; i < 100_000; i++, now += Millisecond)
        {
            var sequence = (ushort)(64_000 + i);
            if (random.Next(20) == 0 && i < 99_000)
            {
                lost.Add(sequence);
            }
            else
            {
                _generator.OnPacket(now, sequence);
            }

            foreach (var one in wanted[.._generator.Collect(now, RoundTrip, wanted)])
            {
                asked.Add(one);
                _generator.OnPacket(now, one); // arrives as a retransmission
            }
        }

        Assert.Equal(lost, asked);
        Assert.False(_generator.NeedsKeyFrame);
    }

    private ushort[] Collect(int milliseconds)
    {
        var buffer = new ushort[100];
        return buffer[.._generator.Collect(Start + (milliseconds * Millisecond), RoundTrip, buffer)];
    }

    private void Receive(params ReadOnlySpan<ushort> sequenceNumbers)
    {
        foreach (var sequenceNumber in sequenceNumbers)
        {
            _generator.OnPacket(Start, sequenceNumber);
        }
    }
}
