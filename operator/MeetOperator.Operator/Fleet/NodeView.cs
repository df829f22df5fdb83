using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>What controllers read of one node: an immutable copy.</summary>
internal sealed record NodeView
{
    public required NodeVerdict Verdict { get; init; }
    public required int Meetings { get; init; }

    /// <summary>How long the node has been without a meeting; zero while it has one.</summary>
    public TimeSpan WithoutMeetingsFor { get; init; }
    public NodeReport? Report { get; init; }
    public DateTimeOffset? LastSeen { get; init; }
    public PollTarget? Target { get; init; }

    /// <summary>The present time for the deadline of its drain.</summary>
    public DateTimeOffset DrainNow { get; init; }

    /// <summary>It is drained by force and its time is over: nobody on it is waited for.</summary>
    public bool IsDropped { get; init; }

    /// <summary>It has answered once, to this operator or to one before.</summary>
    public bool Served { get; init; }

    /// <summary>Pods of the node in a row, the present one included, whose credentials did not fit.</summary>
    public int UntrustedPods { get; init; }

    /// <summary>Its pool must not count on it any more.</summary>
    public bool IsLost { get; init; }

    /// <summary>Nobody can be on it any more.</summary>
    public bool IsDead { get; init; }
}
