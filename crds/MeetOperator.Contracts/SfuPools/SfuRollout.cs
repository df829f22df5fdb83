using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>How nodes are replaced after a change of the pool's template or of the operator's default media node image.</summary>
public sealed record SfuRollout
{
    /// <summary>WhenEmpty replaces a node once its meetings have ended and never moves a meeting. Immediate drains nodes one at a time, as drain.policy says. Default WhenEmpty; mutable.</summary>
    [Default("\"WhenEmpty\"")]
    public RolloutType Type { get; init; } = RolloutType.WhenEmpty;

    /// <summary>When true, existing nodes are not replaced; new nodes get the current template. Default false; mutable.</summary>
    [Default("false")]
    public bool Paused { get; init; }
}
