using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>The calls about one end of a link so far. Used by one reconcile at a time.</summary>
internal sealed class LinkEnd
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private const int MaxDoublings = 6;
    private LinkSpec? _accepted;
    private long _acceptedAt;
    private int _failures;
    private TimeSpan _retryAt;

    /// <summary>Why the node does not have the link as it should; null when it has, or has not been asked yet.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether the node has accepted exactly this, and its report does not contradict.</summary>
    public bool Has(LinkSpec spec, string link, ReportedRoom reported) =>
        spec.Equals(_accepted) && (reported.PollStarted <= _acceptedAt || (reported.FindLink(link) is { } found && found.Tag == spec.Tag && found.PeerTag == spec.PeerTag));

    /// <summary>Whether the pause after the last failure is over.</summary>
    public bool CanCall(TimeSpan now) => now >= _retryAt;

    public void RecordAccepted(LinkSpec spec, long timestamp)
    {
        (_accepted, _acceptedAt) = (spec, timestamp);
        (_failures, Problem, _retryAt) = (0, null, TimeSpan.Zero);
    }

    /// <summary>Records a failed call; the next one is made after 0.5, 1, 2, up to 32 s. Returns whether it is the first in a row.</summary>
    public bool RecordFailure(string problem, TimeSpan now)
    {
        _retryAt = now + (FirstRetry * (1 << Math.Min(_failures, MaxDoublings)));
        Problem = problem;
        return ++_failures == 1;
    }

    /// <summary>Records why the node is not called at all. Returns whether that is new.</summary>
    public bool RecordObstacle(string obstacle)
    {
        var isNew = Problem != obstacle;
        Problem = obstacle;
        return isNew;
    }
}
