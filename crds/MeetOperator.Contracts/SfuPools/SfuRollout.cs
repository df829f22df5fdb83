using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>How nodes are replaced after the pool's template, or the operator's own image, has changed.</summary>
public sealed record SfuRollout
{
    /// <summary>WhenEmpty replaces a node once its meetings have ended and moves nobody; Immediate drains nodes one after the other, as drain.deadlineSeconds says. Default WhenEmpty; mutable.</summary>
    [Default("\"WhenEmpty\"")]
    public RolloutType Type { get; init; } = RolloutType.WhenEmpty;

    /// <summary>True replaces nothing: nodes stay as they were made, and new ones are made from the present template. Default false; mutable.</summary>
    [Default("false")]
    public bool Paused { get; init; }
}
