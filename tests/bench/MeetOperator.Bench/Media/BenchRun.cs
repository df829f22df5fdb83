using System.Text.Json;

namespace MeetOperator.Bench.Media;

/// <summary>What one run of <c>bench.py</c> prints, as far as it is used.</summary>
internal sealed record BenchRun
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public double OutPps { get; init; }
    public double ExpectedPps { get; init; }
    public double PktsPerCpuS { get; init; }
    public long Bad { get; init; }

    /// <summary>Managed bytes that the media loop allocated, by forwarded packet; absent for servers that cannot say.</summary>
    public double? AllocPerPkt { get; init; }
    public Dictionary<string, double> LatUs { get; init; } = [];
}
