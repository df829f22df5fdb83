using MeetOperator.Contracts.Selectors;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>How media nodes are chosen for a meeting.</summary>
public sealed record MeetingPlacement
{
    /// <summary>Selects the SfuPools that may carry the meeting by their labels. Optional; default every pool that the tenant may use; mutable.</summary>
    public LabelSelector? PoolSelector { get; init; }

    /// <summary>Packed fills the fullest nodes first, Distributed prefers the emptiest node. Default Packed; mutable.</summary>
    [Default("\"Packed\"")]
    public PlacementStrategy Strategy { get; init; } = PlacementStrategy.Packed;

    /// <summary>
    /// Moves the meeting to this media node, once; status.move shows what became of it. Later the meeting may move again, for example when the node is drained. Optional; mutable;
    /// takes effect at once. Removing it cancels a move that is being prepared.
    /// </summary>
    public MeetingMoveTo? MoveTo { get; init; }
}
