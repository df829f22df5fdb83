using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>What controllers read of one node: an immutable copy.</summary>
internal sealed record NodeView
{
    public required NodeVerdict Verdict { get; init; }
    public required int Meetings { get; init; }
    public NodeReport? Report { get; init; }
    public DateTimeOffset? LastSeen { get; init; }
    public PollTarget? Target { get; init; }
}
