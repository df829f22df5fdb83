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
    /// Critical keeps another media node ready, in another zone if there is one, which takes over when one of the meeting's fails. It takes places for as many participants there as
    /// are on the largest of the meeting's nodes. Has no effect with mode P2P. Default Standard; mutable.
    /// </summary>
    [Default("\"Standard\"")]
    public AvailabilityClass AvailabilityClass { get; init; } = AvailabilityClass.Standard;

    /// <summary>
    /// Moves the meeting to this media node, once; status.move shows what became of it. Later the meeting may move again, for example when the node is drained. Optional; mutable;
    /// takes effect at once. Removing it cancels a move that is being prepared.
    /// </summary>
    public MeetingMoveTo? MoveTo { get; init; }
}
