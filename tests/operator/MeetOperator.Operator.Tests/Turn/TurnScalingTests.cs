using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Operator.Quotas;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnScalingTests
{
    private static readonly TurnAutoscaling ByAllocations = new() { Min = 1, Max = 10, TargetAllocationsPerRelay = 100 };

    private static Relay Relay(int allocations, double mbps = 0) =>
        new() { Name = "relay", IsCurrent = true, IsReady = true, HasAnswered = true, Allocations = allocations, Mbps = mbps, Urls = ["turn:192.0.2.1:3478"] };

    private static TimeSpan At(double minutes) => TimeSpan.FromMinutes(minutes);

    /// <summary>A look every six seconds.</summary>
    private static TurnScaling Quiet(TurnScaling scaling, Relay[] relays, double from, double to)
    {
        for (var minute = from; minute < to; minute += 0.1)
        {
            scaling = scaling.Next(ByAllocations, relays, At(minute));
        }

        return scaling;
    }

    private static int Desired(TurnAutoscaling spec, params Relay[] relays) => TurnScaling.Begin(relays.Length, At(0)).Next(spec, relays, At(0)).Desired;

    [Theory]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(950, 10)]
    [InlineData(5_000, 10)]
    public void Next_Allocations_AreSharedUpToTheTarget(int allocations, int relays) => Assert.Equal(relays, Desired(ByAllocations, Relay(allocations)));

    [Fact]
    public void Next_TwoTargets_TheOneThatNeedsMoreDecides()
    {
        var both = ByAllocations with { TargetMbpsPerRelay = 200 };
        Assert.Equal(3, Desired(both, Relay(50, 401), Relay(50)));
        Assert.Equal(4, Desired(both, Relay(201, 300), Relay(101)));
    }

    [Fact]
    public void Next_FewerAreEnoughForAWhile_DrainsAfterFiveMinutes()
    {
        var scaling = TurnScaling.Begin(1, At(0)).Next(ByAllocations, [Relay(400)], At(0));
        Relay[] quiet = [Relay(20), Relay(20), Relay(20), Relay(20)];
        scaling = scaling.Next(ByAllocations, quiet, At(1));
        Assert.Equal(4, scaling.Desired);
        scaling = Quiet(scaling, quiet, 1, 4.9);
        Assert.Equal(4, scaling.Desired);
        scaling = scaling.Next(ByAllocations, quiet, At(5));
        Assert.Equal(3, scaling.Desired);
        Assert.Equal(3, scaling.Next(ByAllocations, [.. quiet[..3], Relay(20) with { DrainSince = DateTimeOffset.UnixEpoch }], At(5.1)).Desired); // one after another
        Assert.Equal(2, scaling.Next(ByAllocations, quiet[..3], At(5.1)).Desired);
    }

    /// <summary>Nothing is known about a time in which nobody looked, for example because the API server failed.</summary>
    [Fact]
    public void Next_NobodyLookedForAWhile_WaitsBeforeItDrains()
    {
        Relay[] relays = [Relay(0), Relay(0), Relay(0)];
        var scaling = TurnScaling.Begin(3, At(0)).Next(ByAllocations, relays, At(0)).Next(ByAllocations, relays, At(30));
        Assert.Equal(3, scaling.Desired);
        Assert.Equal(3, Quiet(scaling, relays, 30, 34.9).Desired);
    }

    [Fact]
    public void Next_AShortPause_DrainsNothing()
    {
        var scaling = TurnScaling.Begin(4, At(0));
        for (var minute = 1; minute < 30; minute++)
        {
            scaling = scaling.Next(ByAllocations, [Relay(minute % 4 == 0 ? 350 : 0)], At(minute));
            Assert.Equal(4, scaling.Desired);
        }
    }

    [Fact]
    public void Next_AnotherLeader_WaitsBeforeItDrains()
    {
        Relay[] relays = [Relay(0), Relay(0), Relay(0)];
        var scaling = TurnScaling.Begin(3, At(0)).Next(ByAllocations, relays, At(0));
        scaling = Quiet(scaling, relays, 0, 4.9);
        Assert.Equal(3, scaling.Desired);
        Assert.Equal(2, scaling.Next(ByAllocations, relays, At(5.1)).Desired);
    }

    [Fact]
    public void Next_LoadNearTheTarget_DoesNotAlternate()
    {
        var scaling = TurnScaling.Begin(2, At(0));
        for (var minute = 0; minute < 30; minute++)
        {
            scaling = scaling.Next(ByAllocations, [Relay(46), Relay(46)], At(minute));
            Assert.Equal(2, scaling.Desired); // One relay would have 92 of 100.
        }
    }

    [Fact]
    public void Next_FullRelay_GetsAnotherOneAtATime()
    {
        var full = Relay(100) with { IsFull = true };
        var scaling = TurnScaling.Begin(1, At(0)).Next(ByAllocations, [full], At(0));
        Assert.Equal(2, scaling.Desired);
        scaling = scaling.Next(ByAllocations, [full], At(0.01)); // The second one is not visible yet.
        Assert.Equal(2, scaling.Desired);
        scaling = scaling.Next(ByAllocations, [full, Relay(0) with { IsReady = false, HasAnswered = false }], At(0.02));
        Assert.Equal(2, scaling.Desired);
        Assert.Equal(2, scaling.Next(ByAllocations, [full, Relay(0)], At(0.5)).Desired);
        Assert.Equal(3, scaling.Next(ByAllocations, [full, full], At(0.5)).Desired);
    }

    [Fact]
    public void Next_RelayDoesNotAnswer_DrainsNone()
    {
        Relay[] silent = [Relay(10), Relay(0) with { HasAnswered = false, IsReady = false }];
        Assert.Equal(2, Quiet(TurnScaling.Begin(2, At(0)), silent, 0, 10).Desired);
    }

    [Fact]
    public void Next_RelayWithoutClusterNode_DoesNotKeepOthers()
    {
        Relay[] unscheduled = [Relay(10), Relay(0) with { HasAnswered = false, IsReady = false, Urls = [] }];
        Assert.Equal(1, Quiet(TurnScaling.Begin(2, At(0)), unscheduled, 0, 10).Desired);
    }

    [Fact]
    public void Next_DrainingRelay_ItsAllocationsStillCount() =>
        Assert.Equal(2, Desired(ByAllocations, Relay(90), Relay(90) with { DrainSince = DateTimeOffset.UnixEpoch }));

    [Fact]
    public void Next_ChangedLimits_AreUsedAtOnce()
    {
        var scaling = TurnScaling.Begin(5, At(0)).Next(ByAllocations, [Relay(480)], At(0));
        Assert.Equal(3, scaling.Next(ByAllocations with { Max = 3 }, [Relay(480)], At(0)).Desired);
        Assert.Equal(7, scaling.Next(ByAllocations with { Min = 7 }, [Relay(480)], At(0)).Desired);
    }

    [Fact]
    public void Traffic_OfAMinute_IsAveraged()
    {
        var traffic = TurnTraffic.None;
        for (var second = 0; second <= 300; second += 2)
        {
            traffic = traffic.With(second / 20 * 2_500_000L, TimeSpan.FromSeconds(second)); // Each 20 s, the count grows by 2.5 MB.
        }

        Assert.InRange(traffic.Mbps, 0.9, 1.1);
        Assert.Equal(0, traffic.With(0, TimeSpan.FromSeconds(302)).Mbps); // The relay has started again.
        Assert.Equal(0, TurnTraffic.None.With(1_000_000_000, At(1)).Mbps);
    }
}
