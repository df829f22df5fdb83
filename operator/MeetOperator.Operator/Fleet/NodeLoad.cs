using MeetOperator.Contracts.SfuPools;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>The parts of a media node's stress, from its reports. Pure.</summary>
internal static class NodeLoad
{
    /// <summary>The key of the busiest loop, in reports that do not say which one it is.</summary>
    public const int BusiestLoop = 0;

    /// <summary>The key of what the node sends.</summary>
    public const int Egress = -1;

    /// <summary>The key of packets that the node lost because it did not read them in time.</summary>
    public const int Losses = -2;

    /// <summary>The share of lost packets that counts as full stress. Video suffers from less.</summary>
    private const double FullLoss = 0.02;

    /// <summary>The fewest packets between two reports from which a share says something.</summary>
    private const double LeastPackets = 500;
    private const double MaxEgress = 2;

    /// <summary>Each part with its level, 1 for all that the node can do. The key of a loop is its port.</summary>
    /// <param name="report">The report.</param>
    /// <param name="before">The previous report of the same process, or null.</param>
    /// <param name="capacity">The capacity of the pool's nodes.</param>
    public static Dictionary<int, double> Measure(NodeReport report, NodeReport? before, SfuCapacity capacity)
    {
        var parts = new Dictionary<int, double>();
        foreach (var loop in report.LoopReports.Where(static loop => loop is { Busy: not null, Port: > 0 }))
        {
            parts[loop.Port] = Math.Min(1, loop.Busy!.Value);
        }

        if (parts.Count == 0)
        {
            parts[BusiestLoop] = Math.Min(1, report.Stress);
        }

        parts[Losses] = Math.Min(1, LossShare(report, before) / FullLoss);
        if (capacity.MaxEgressMbps is { } limit)
        {
            parts[Egress] = Math.Min(MaxEgress, report.EgressKbps / 1000.0 / limit);
        }

        return parts;
    }

    private static double LossShare(NodeReport report, NodeReport? before)
    {
        var (lost, received) = before is null ? (0, 0) : Difference(before, report);
        return lost > 0 && received >= 0 && lost + received >= LeastPackets ? lost / (lost + received) : 0;
    }

    private static (double Lost, double Received) Difference(NodeReport before, NodeReport now) => (
        now.LoopReports.Sum(static loop => (double)loop.PacketsLost) - before.LoopReports.Sum(static loop => (double)loop.PacketsLost),
        now.LoopReports.Sum(static loop => (double)loop.PacketsIn) - before.LoopReports.Sum(static loop => (double)loop.PacketsIn));
}
