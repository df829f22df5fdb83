namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>
/// A line carries a little more than what is sent, as after a fall. A probe at twice the estimate fills it, and then shows no more than half of what it carries, because another flow could
/// have had the rest. A probe for the next improvement of a picture fits.
/// </summary>
public sealed class ProbeSizeTests
{
    private const long Needed = 1_150_000;

    [Theory]
    [InlineData(1, 1_250_000)]
    [InlineData(2, 1_250_000)]
    [InlineData(3, 1_250_000)]
    [InlineData(4, 1_250_000)]
    [InlineData(1, 1_350_000)]
    [InlineData(2, 1_350_000)]
    [InlineData(3, 1_350_000)]
    [InlineData(4, 1_350_000)]
    [InlineData(1, 1_450_000)]
    [InlineData(2, 1_450_000)]
    [InlineData(3, 1_450_000)]
    [InlineData(4, 1_450_000)]
    public void Estimate_ImprovementFitsTheLine_ReachesItWithTheFirstProbe(int seed, double bits)
    {
        var line = new Bottleneck(seed) { BitsPerSecond = 5_000_000 };
        var flow = new SimulatedFlow(line, seed);
        var simulation = new Simulation(line, flow);
        simulation.Run(10);
        line.BitsPerSecond = 950_000;
        simulation.Run(10);
        (flow.SourceBitsPerSecond, flow.Demand, flow.Next) = (700_000, 3_000_000, Needed);
        line.BitsPerSecond = bits;
        Assert.InRange(flow.Estimate, 700_000, 1_000_000);

        Assert.InRange(simulation.RunUntil(40, () => flow.Estimate >= Needed), 0, 4);
    }
}
