using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Probes;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class ProbeScheduleTests
{
    private static readonly Probe EveryTen = new() { PeriodSeconds = 10, InitialDelaySeconds = 5 };

    [Fact]
    public void NextAt_EagerBeforeSuccess_IsEvery100Milliseconds() =>
        Assert.Equal(TimeSpan.FromSeconds(1.1), new ProbeSchedule(EveryTen, eager: true).NextAt(TimeSpan.FromSeconds(1)));

    [Fact]
    public void NextAt_EagerAfterSuccess_FollowsPeriod()
    {
        var schedule = new ProbeSchedule(EveryTen, eager: true);
        Assert.True(schedule.RecordResult(TimeSpan.FromSeconds(6), success: true));
        Assert.Equal(TimeSpan.FromSeconds(16), schedule.NextAt(TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public void RecordResult_EagerFailures_CountOncePerPeriodAfterDelay()
    {
        var schedule = new ProbeSchedule(EveryTen, eager: true);
        var counted = Enumerable.Range(0, 250).Count(i => schedule.RecordResult(TimeSpan.FromMilliseconds(i * 100), success: false));
        Assert.Equal(2, counted); // At 5 s and 15 s of 25 s.
    }

    [Fact]
    public void NextAt_Liveness_WaitsForItsDelay() =>
        Assert.Equal(TimeSpan.FromSeconds(5), new ProbeSchedule(EveryTen, eager: false).NextAt(TimeSpan.Zero));

    [Fact]
    public void Observe_ConsecutiveResults_ApplyThresholds()
    {
        var counter = new ProbeCounter(successThreshold: 2, failureThreshold: 3);
        Assert.Equal(
            [null, true, true, true, false, false, true],
            new[] { true, true, false, false, false, true, true }.Select(counter.Observe));
    }
}
