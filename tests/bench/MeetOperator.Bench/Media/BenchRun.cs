using System.Text.Json;

namespace MeetOperator.Bench.Media;

/// <summary>The fields of one result line of <c>bench.py</c> that the bench uses.</summary>
internal sealed record BenchRun
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Above this, the load generator and not the server may be the limit.</summary>
    private const double MaxGeneratorPercent = 80;
    private const double MaxLossPercent = 0.1;

    /// <summary>Packets that were never forwarded leave no gap in the sequence numbers. A measurement of some seconds can begin and end within a frame.</summary>
    private const double MaxMissingPercent = 1;

    public double OutPps { get; init; }
    public double ExpectedPps { get; init; }
    public double PktsPerCpuS { get; init; }
    public double UsPerPkt { get; init; }
    public long Bad { get; init; }
    public double LossPct { get; init; }

    /// <summary>Processor time of the load generator, in percent of one processor; of several generators, of the busiest.</summary>
    public double GenCpuPct { get; init; }

    /// <summary>Managed bytes that the media loop allocated per forwarded packet. Null for servers that do not report it.</summary>
    public double? AllocPerPkt { get; init; }
    public Dictionary<string, double> LatUs { get; init; } = [];

    public static double Median(IReadOnlyList<BenchRun> runs, Func<BenchRun, double> value)
    {
        var sorted = runs.Select(value).Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>Why the run does not count: packets that did not arrive (unless <paramref name="mayLose"/>), or a load generator that may have been the limit. Null when it counts.</summary>
    public string? FindFault(bool mayLose)
    {
        if (Bad > 0)
        {
            return $"{Bad} packets failed authentication";
        }

        if (GenCpuPct >= MaxGeneratorPercent)
        {
            return $"the load generator took {GenCpuPct} % of a processor";
        }

        return mayLose || (LossPct <= MaxLossPercent && OutPps >= ExpectedPps * (1 - (MaxMissingPercent / 100)))
            ? null
            : $"{OutPps} of {ExpectedPps} packets per second arrived, {LossPct} % were lost";
    }
}
