namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>One flow behind a line without random loss, in simulated time.</summary>
public sealed class LineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_GoodLine_ReachesMostOfItWithinThreeSeconds(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed);
        var simulation = new Simulation(line, flow);

        Assert.InRange(simulation.RunUntil(10, () => flow.Estimate >= 2_400_000), 0, 3);
        Assert.InRange(simulation.Run(20)[0], 0.75 * 3_000_000, 1.1 * 3_000_000);
        Assert.InRange(line.QueueDelayP95(), 0, 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_DemandBelowTheLine_StaysNearTheDemandWithoutQueue(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed, demand: 2_000_000);
        new Simulation(line, flow).Run(20);

        Assert.InRange(flow.Estimate, 2_000_000, 2_400_000);
        Assert.InRange(line.QueueDelayP95(), 0, 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_NarrowLine_FallsToIt(int seed)
    {
        var line = new Bottleneck(seed) { BitsPerSecond = 300_000 };
        var flow = new SimulatedFlow(line, seed);
        var simulation = new Simulation(line, flow);
        simulation.Run(10);
        line.StartMeasuring();

        Assert.InRange(simulation.Run(20)[0], 0.6 * 300_000, 1.15 * 300_000);
        Assert.InRange(line.QueueDelayP95(), 0, 200);
    }

    /// <summary>Somebody else with the same address has joined, and may be the reason for the fall.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_LineHasFallenAndMayBeShared_IsNoLongerNarrowed(int seed)
    {
        var (flow, simulation) = Fallen(seed);
        Assert.True(flow.Bandwidth.IsNarrowed);

        flow.Bandwidth.MayBeShared = true;
        Assert.False(flow.Bandwidth.IsNarrowed);
        simulation.Run(3);
        Assert.False(flow.Bandwidth.IsNarrowed);
    }

    /// <summary>Little is sent, so less than half of the estimate arrives when the path becomes longer. That is not what the line takes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Estimate_PathBecomesMuchLonger_IsNotNarrowed(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed, demand: 2_600_000);
        var simulation = new Simulation(line, flow);
        simulation.Run(15);
        flow.SourceBitsPerSecond = 700_000;
        simulation.Run(5);
        line.DelayMs += 300;

        Assert.Equal(5, simulation.RunUntil(5, () => flow.Bandwidth.IsNarrowed), 0.1);
    }

    /// <summary>Less than the line takes is sent after a fall, so what arrives does not show the limit.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_LineHasFallen_StaysNearWhatItHasCarried(int seed)
    {
        var (flow, simulation) = Fallen(seed);
        flow.SourceBitsPerSecond = 400_000;

        Assert.Equal(17, simulation.RunUntil(17, () => flow.Estimate > 600_000), 0.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_LineDropsAndComesBack_FollowsBothWays(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed, demand: 2_600_000);
        var simulation = new Simulation(line, flow);
        simulation.Run(15);

        line.BitsPerSecond = 500_000;
        Assert.InRange(simulation.RunUntil(10, () => flow.Estimate < 500_000), 0, 2);
        Assert.InRange(simulation.RunUntil(10, () => line.QueueDelayMs < 100), 0, 2);
        line.StartMeasuring();
        simulation.Run(15);
        Assert.InRange(line.QueueDelayP95(), 0, 200);

        line.BitsPerSecond = 3_000_000;
        Assert.InRange(simulation.RunUntil(30, () => flow.Estimate > 2_400_000), 0, 10);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(30, false)]
    [InlineData(20, true)]
    [InlineData(30, true)]
    public void Estimate_Jitter_DoesNotCollapse(int jitterMs, bool reorders)
    {
        var line = new Bottleneck(1) { JitterMs = jitterMs, Reorders = reorders };
        var flow = new SimulatedFlow(line, 1, demand: 2_000_000);
        var simulation = new Simulation(line, flow);
        simulation.Run(10);

        var lowest = long.MaxValue;
        var mean = simulation.Run(50, () => lowest = Math.Min(lowest, flow.Estimate))[0];
        Assert.InRange(mean, 2_000_000, 2_400_000);
        Assert.InRange(lowest, 1_400_000, 2_400_000);
    }

    [Theory]
    [InlineData(150, 1)]
    [InlineData(150, 2)]
    [InlineData(300, 1)]
    [InlineData(300, 2)]
    [InlineData(300, 3)]
    [InlineData(600, 1)]
    [InlineData(600, 2)]
    [InlineData(600, 3)]
    public void Estimate_ClientLacksProcessorTime_StaysNearTheDemand(double maxPauseMs, int seed)
    {
        var line = new Bottleneck(seed) { BitsPerSecond = 20_000_000 };
        var flow = new SimulatedFlow(line, seed, demand: 2_000_000);
        var simulation = new Simulation(line, flow);
        simulation.Run(10);

        flow.MaxPauseMs = maxPauseMs;
        var lowest = long.MaxValue;
        var mean = simulation.Run(60, () => lowest = Math.Min(lowest, flow.Estimate))[0];
        Assert.InRange(mean, 2_200_000, 2_400_000);
        Assert.InRange(lowest, 1_800_000, 2_400_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_PathBecomesLonger_IsNotTakenForAQueueForLong(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed, demand: 2_000_000);
        var simulation = new Simulation(line, flow);
        simulation.Run(15);

        line.DelayMs = 150;
        Assert.InRange(simulation.RunUntil(20, () => flow.Estimate < 1_500_000), 0, 1);
        Assert.InRange(simulation.RunUntil(20, () => flow.Estimate > 1_500_000), 0, 6);
        Assert.True(simulation.Run(20)[0] > 1_700_000);
    }

    /// <summary>A longer path looks like a queue for a moment. What is sent meanwhile must not spiral down with what arrives of it.</summary>
    [Theory]
    [InlineData(400_000, 100)]
    [InlineData(400_000, 150)]
    [InlineData(400_000, 200)]
    [InlineData(2_000_000, 100)]
    [InlineData(2_000_000, 150)]
    [InlineData(2_000_000, 200)]
    public void Estimate_PathBecomesLonger_KeepsHalfOfWhatIsSent(long demand, double roundTripMs)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var line = new Bottleneck(seed) { BitsPerSecond = 20_000_000 };
            var flow = new SimulatedFlow(line, seed, demand: demand);
            var simulation = new Simulation(line, flow);
            simulation.Run(15);

            line.DelayMs += roundTripMs / 2;
            var lowest = long.MaxValue;
            simulation.Run(20, () => lowest = Math.Min(lowest, flow.Estimate));
            Assert.InRange(lowest, demand / 2, long.MaxValue);
            Assert.InRange(flow.Estimate, demand, long.MaxValue);
        }
    }

    [Fact]
    public void Estimate_SourceSendsLittle_IsBoundedByTheDemand()
    {
        var line = new Bottleneck(1) { BitsPerSecond = 20_000_000 };
        var flow = new SimulatedFlow(line, 1, demand: 2_000_000) { SourceBitsPerSecond = 300_000 };
        var simulation = new Simulation(line, flow);

        simulation.Run(120, () => Assert.InRange(flow.Estimate, 0, 2_400_000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Estimate_ThirdOfFeedbackLost_StaysUseful(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed) { FeedbackLoss = 0.3 };
        var simulation = new Simulation(line, flow);
        simulation.Run(10);

        Assert.InRange(simulation.Run(50)[0], 2_100_000, 3_300_000);
        Assert.InRange(line.QueueDelayP95(), 0, 200);
    }

    [Fact]
    public void Estimate_NoFeedbackForTenSeconds_BacksOffAndReturns()
    {
        var line = new Bottleneck(1);
        var flow = new SimulatedFlow(line, 1);
        var simulation = new Simulation(line, flow);
        simulation.Run(10);

        flow.FeedbackLoss = 1;
        simulation.Run(10);
        Assert.InRange(flow.Estimate, 50_000, 800_000);

        flow.FeedbackLoss = 0;
        Assert.InRange(simulation.RunUntil(30, () => flow.Estimate > 2_100_000), 0, 10);
    }

    /// <summary>A line of 3 Mbit/s that has fallen to 500 kbit/s three seconds ago.</summary>
    private static (SimulatedFlow Flow, Simulation Simulation) Fallen(int seed)
    {
        var line = new Bottleneck(seed);
        var flow = new SimulatedFlow(line, seed, demand: 2_600_000);
        var simulation = new Simulation(line, flow);
        simulation.Run(15);
        line.BitsPerSecond = 500_000;
        simulation.Run(3);
        return (flow, simulation);
    }
}
