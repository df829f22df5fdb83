using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>How a relay is drained: participants get no credentials for it any more, and it is deleted when it has no allocation.</summary>
public sealed record TurnDrain
{
    /// <summary>When a draining relay is deleted although it has allocations, 0 to 86400. Default 600; mutable.</summary>
    [Range(0, 86_400)]
    [Default("600")]
    public int DeadlineSeconds { get; init; } = 600;
}
