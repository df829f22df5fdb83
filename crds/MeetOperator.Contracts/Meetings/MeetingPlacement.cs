using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>How media nodes are chosen.</summary>
public sealed record MeetingPlacement
{
    /// <summary>Labels of the SfuPools that may carry the meeting. Optional; default every pool that the tenant may use; mutable.</summary>
    public LabelSelector? PoolSelector { get; init; }

    /// <summary>Packed fills busy nodes first, Distributed takes the emptiest node. Default Packed; mutable.</summary>
    [Default("\"Packed\"")]
    public PlacementStrategy Strategy { get; init; } = PlacementStrategy.Packed;
}
