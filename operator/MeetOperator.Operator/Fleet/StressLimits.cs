using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Fleet;

/// <summary>When and how meetings leave the overloaded nodes of a pool. Pure.</summary>
/// <param name="IsEnabled">False when meetings stay on overloaded nodes.</param>
/// <param name="Threshold">The stress from which a node is overloaded.</param>
/// <param name="Batch">The number of meetings that may leave at once.</param>
/// <param name="Cooldown">The time between two batches of one node, and between two moves of one meeting.</param>
internal readonly record struct StressLimits(bool IsEnabled, double Threshold, int Batch, TimeSpan Cooldown)
{
    /// <summary>How far below the threshold a node counts as relieved, so that it does not become overloaded again at once.</summary>
    private const double Margin = 0.05;

    /// <summary>The stress below which no further meeting needs to leave.</summary>
    public double Goal => Threshold - Margin;

    public static StressLimits Of(SfuPool? pool)
    {
        var (rebalance, limit) = (pool?.Spec.Rebalance ?? new SfuRebalance(), pool?.Spec.Capacity.StressThreshold ?? new SfuCapacity().StressThreshold);
        var threshold = rebalance.StressThreshold ?? Math.Max(0.9, (limit + 1) / 2);
        return new StressLimits(rebalance.Enabled, Math.Max(threshold, limit), rebalance.Batch, TimeSpan.FromSeconds(rebalance.CooldownSeconds));
    }
}
