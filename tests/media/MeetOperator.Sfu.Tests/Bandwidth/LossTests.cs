namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>Random loss is not congestion; loss from a short queue is.</summary>
public sealed class LossTests
{
    public static TheoryData<int, int> Lines => new() { { 5, 50 }, { 5, 150 }, { 5, 300 }, { 10, 50 }, { 10, 150 }, { 10, 300 }, { 20, 50 }, { 20, 150 }, { 20, 300 } };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Estimate_RandomLoss_StaysNearTheLine(int lossPercent, int roundTripMs)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var line = new Bottleneck(seed) { LossRate = lossPercent / 100.0, DelayMs = roundTripMs / 2.0 };
            var flow = new SimulatedFlow(line, seed);
            var simulation = new Simulation(line, flow);
            simulation.Run(10);

            var (low, total) = (0, 0);
            var mean = simulation.Run(50, () => (low, total) = (low + (flow.Estimate < 0.7 * 3_000_000 ? 1 : 0), total + 1))[0];
            Assert.InRange(mean, 0.75 * 3_000_000, 1.15 * 3_000_000);
            Assert.InRange((double)low / total, 0, 0.2); // while it tries whether the loss depends on the rate
            Assert.InRange(line.QueueDelayP95(), 0, 200);
        }
    }

    /// <summary>What is lost before the narrow part of the line does not fill it, so more can be sent than it carries.</summary>
    [Theory]
    [InlineData(50)]
    [InlineData(150)]
    public void Estimate_RandomLossOfAThird_StaysNearTheLine(int roundTripMs)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var line = new Bottleneck(seed) { LossRate = 0.33, DelayMs = roundTripMs / 2.0 };
            var simulation = new Simulation(line, new SimulatedFlow(line, seed));
            simulation.Run(10);

            Assert.InRange(simulation.Run(50)[0], 0.75 * 3_000_000, 1.15 * 3_000_000 / 0.67);
            Assert.InRange(line.QueueDelayP95(), 0, 200);
        }
    }

    /// <summary>With few packets a second the loss of each half second differs a lot.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    public void Estimate_RandomLossOfFewPackets_StaysAtTheDemand(int lossPercent)
    {
        var (low, total) = (0, 0);
        for (var seed = 1; seed <= 8; seed++)
        {
            var line = new Bottleneck(seed) { BitsPerSecond = 20_000_000, LossRate = lossPercent / 100.0, DelayMs = 75 };
            var flow = new SimulatedFlow(line, seed, demand: 350_000);
            var simulation = new Simulation(line, flow);
            simulation.Run(15);
            simulation.Run(100, () => (low, total) = (low + (flow.Estimate < 350_000 ? 1 : 0), total + 1));
        }

        Assert.InRange((double)low / total, 0, 0.05);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Estimate_ShortQueue_BacksOff(int seed)
    {
        var line = new Bottleneck(seed) { BitsPerSecond = 1_000_000, QueueMs = 25 };
        var flow = new SimulatedFlow(line, seed);
        var simulation = new Simulation(line, flow);
        simulation.Run(10);

        var (loss, steps) = (0.0, 0);
        var mean = simulation.Run(50, () => (loss, steps) = (loss + flow.Bandwidth.LossRatio, steps + 1))[0];
        Assert.InRange(mean, 700_000, 1_150_000);
        Assert.InRange(loss / steps, 0, 0.15);
    }
}
