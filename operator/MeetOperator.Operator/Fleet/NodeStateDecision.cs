using MeetOperator.Contracts.SfuNodes;

namespace MeetOperator.Operator.Fleet;

/// <summary>The derived state of a media node, with the reason and message of its Ready condition.</summary>
internal sealed record NodeStateDecision(SfuNodeState State, string Reason, string Message)
{
    /// <summary>True when the state lasts until an administrator acts; the message explains how.</summary>
    public bool IsStalled { get; init; }

    /// <summary>True when the node is serving but must not take new meetings.</summary>
    public bool IsCordoned { get; init; }

    public bool CanTakeMeetings => State is SfuNodeState.Ready or SfuNodeState.Allocated;
}
