using System.Text.Json;

namespace MeetOperator.Bench.Media;

/// <summary>The fields of one result line of <c>bench.py</c> that the bench uses.</summary>
internal sealed record BenchRun
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public double OutPps { get; init; }
    public double ExpectedPps { get; init; }
    public double PktsPerCpuS { get; init; }
    public double UsPerPkt { get; init; }
    public long Bad { get; init; }

    /// <summary>Managed bytes that the media loop allocated per forwarded packet. Null for servers that do not report it.</summary>
    public double? AllocPerPkt { get; init; }
    public Dictionary<string, double> LatUs { get; init; } = [];
}
