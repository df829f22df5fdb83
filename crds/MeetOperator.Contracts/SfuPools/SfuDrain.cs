using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>How a media node is drained before it is deleted.</summary>
public sealed record SfuDrain
{
    /// <summary>Seconds that meetings may continue on a draining node, 0 to 86400. Afterwards they move to another node, or stay while no other node can take them. Default 600; mutable.</summary>
    [Range(0, 86_400)]
    [Default("600")]
    public int DeadlineSeconds { get; init; } = 600;
}
