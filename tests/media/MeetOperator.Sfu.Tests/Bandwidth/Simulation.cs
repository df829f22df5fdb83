namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>Flows behind one bottleneck in simulated time.</summary>
internal sealed class Simulation(Bottleneck line, params SimulatedFlow[] flows)
{
    public double NowMs { get; private set; }

    /// <summary>Runs for a time and returns the mean estimate of each flow in it, in bits per second.</summary>
    public double[] Run(double seconds, Action? eachMillisecond = null)
    {
        var sums = new double[flows.Length];
        var end = NowMs + (seconds * 1000);
        var steps = 0;
        for (; NowMs < end; NowMs++, steps++)
        {
            for (var i = 0; i < flows.Length; i++)
            {
                flows[i].Step(NowMs);
                sums[i] += flows[i].Estimate;
            }

            eachMillisecond?.Invoke();
        }

        return [.. sums.Select(sum => sum / steps)];
    }

    /// <summary>Runs until a condition holds and returns the seconds that it took; at most the limit.</summary>
    public double RunUntil(double limitSeconds, Func<bool> condition)
    {
        var start = NowMs;
        while (!condition() && NowMs < start + (limitSeconds * 1000))
        {
            Run(0.001);
        }

        return (NowMs - start) / 1000;
    }

    public Bottleneck Line => line;
}
