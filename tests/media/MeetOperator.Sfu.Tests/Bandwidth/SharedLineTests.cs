namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>Two flows behind one bottleneck get about the same, also when the second one starts later.</summary>
public sealed class SharedLineTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(1, 20)]
    [InlineData(2, 20)]
    [InlineData(3, 20)]
    [InlineData(4, 20)]
    public void Estimate_TwoFlows_ShareWithinAQuarter(int seed, int secondsLater)
    {
        var line = new Bottleneck(seed);
        var first = new SimulatedFlow(line, seed, demand: 3_000_000);
        var second = new SimulatedFlow(line, seed + 10, demand: 3_000_000, startMs: secondsLater * 1000);
        var simulation = new Simulation(line, first, second);
        simulation.Run(40);
        Assert.InRange(line.QueueDelayP95(), 0, 200);

        var means = simulation.Run(60);
        var fair = means.Average();
        Assert.All(means, mean => Assert.InRange(mean, 0.75 * fair, 1.25 * fair));
        Assert.InRange(2 * fair, 0.7 * 3_000_000, 1.1 * 3_000_000);
        Assert.InRange(line.QueueDelayP95(), 0, 200);
    }
}
