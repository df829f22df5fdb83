using MeetOperator.Contracts;

namespace MeetOperator.Operator.Fleet;

/// <summary>What a media node is doing, with the reason and message of its Ready condition.</summary>
internal sealed record NodeVerdict(SfuNodeState State, string Reason, string Message)
{
    /// <summary>Somebody must do something; the message says what.</summary>
    public bool Stalled { get; init; }

    /// <summary>It serves, and is to take nothing new.</summary>
    public bool Cordoned { get; init; }

    public bool TakesMeetings => State is SfuNodeState.Ready or SfuNodeState.Allocated;
}
