using MeetOperator.MediaNode.Time;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The kernel's receive times become monotonic times, whatever happens to the clock for the time of day.</summary>
public sealed class ArrivalClockTests
{
    private const long Ms = TimeSpan.TicksPerMillisecond;
    private const long Mono = TimeSpan.TicksPerHour;
    private const long Wall = 1_800_000_000 * TimeSpan.TicksPerSecond;
    private readonly ArrivalClock _clock = new();

    public ArrivalClockTests() => _clock.BeginBatch(Mono, Mono, Wall, isQueueEmpty: true);

    [Fact]
    public void ArrivalOf_BatchReadLate_ReturnsTimesOfKernel()
    {
        _clock.BeginBatch(Mono + (40 * Ms), Mono + (40 * Ms), Wall + (40 * Ms), isQueueEmpty: true);

        Assert.Equal([Mono + (5 * Ms), Mono + (25 * Ms)], [_clock.ArrivalOf(Wall + (5 * Ms)), _clock.ArrivalOf(Wall + (25 * Ms))]);
    }

    [Fact]
    public void ArrivalOf_NoKernelTime_ReturnsTimeOfBatch()
    {
        _clock.BeginBatch(Mono + (40 * Ms), Mono + (40 * Ms), Wall + (40 * Ms), isQueueEmpty: true);

        Assert.Equal(Mono + (40 * Ms), _clock.ArrivalOf(0));
    }

    /// <summary>The datagrams were stamped before the clock was set, so the difference of both clocks is wrong for them.</summary>
    [Theory]
    [InlineData(3_600_000)]
    [InlineData(-3_600_000)]
    [InlineData(15)]
    [InlineData(-15)]
    public void ArrivalOf_ClockStepsInQueue_StaysBetweenBatches(int stepMs)
    {
        _clock.BeginBatch(Mono + (40 * Ms), Mono + (40 * Ms), Wall + ((40 + stepMs) * Ms), isQueueEmpty: true);

        Assert.InRange(_clock.ArrivalOf(Wall + (20 * Ms)), Mono, Mono + (40 * Ms));
    }

    [Theory]
    [InlineData(3_600_000)]
    [InlineData(-3_600_000)]
    public void ArrivalOf_AfterClockStep_IsExactAgain(int stepMs)
    {
        _clock.BeginBatch(Mono + (40 * Ms), Mono + (40 * Ms), Wall + ((40 + stepMs) * Ms), isQueueEmpty: true);
        _clock.BeginBatch(Mono + (60 * Ms), Mono + (60 * Ms), Wall + ((60 + stepMs) * Ms), isQueueEmpty: true);

        Assert.Equal(Mono + (50 * Ms), _clock.ArrivalOf(Wall + ((50 + stepMs) * Ms)));
    }

    /// <summary>A batch that was full leaves datagrams behind, which are older than the batch.</summary>
    [Fact]
    public void ArrivalOf_QueueLongerThanBatch_KeepsOlderTimes()
    {
        _clock.BeginBatch(Mono + (40 * Ms), Mono + (40 * Ms), Wall + (40 * Ms), isQueueEmpty: false);
        _clock.BeginBatch(Mono + (50 * Ms), Mono + (50 * Ms), Wall + (50 * Ms), isQueueEmpty: true);

        Assert.Equal(Mono + (30 * Ms), _clock.ArrivalOf(Wall + (30 * Ms)));

        _clock.BeginBatch(Mono + (70 * Ms), Mono + (70 * Ms), Wall + (70 * Ms), isQueueEmpty: true);
        Assert.Equal(Mono + (50 * Ms), _clock.ArrivalOf(Wall + (30 * Ms)));
    }

    /// <summary>A datagram can arrive between the read of the queue and the read of the clock.</summary>
    [Fact]
    public void ArrivalOf_ArrivedWhileBatchWasRead_IsNotMovedBehindIt()
    {
        _clock.BeginBatch(Mono + (40 * Ms), Mono + (43 * Ms), Wall + (43 * Ms), isQueueEmpty: true);
        _clock.BeginBatch(Mono + (60 * Ms), Mono + (60 * Ms), Wall + (60 * Ms), isQueueEmpty: true);

        Assert.Equal(Mono + (42 * Ms), _clock.ArrivalOf(Wall + (42 * Ms)));
    }
}
