using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>How a media node is emptied before it goes.</summary>
public sealed record SfuDrain
{
    /// <summary>Seconds for which running meetings may go on when a node must go, 0 to 86400; then they move to another node, or stay while none can take them. Default 600; mutable.</summary>
    [Range(0, 86_400)]
    [Default("600")]
    public int DeadlineSeconds { get; init; } = 600;
}
