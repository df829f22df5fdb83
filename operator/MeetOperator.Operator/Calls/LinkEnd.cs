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
    private string? _unsupportedBy;
    private TimeSpan _retryAt;

    /// <summary>Number of calls in a row that failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Why the node does not have the link as it should; null when it has, or has not been asked yet.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether the node accepted the link in a call of this leader.</summary>
    public bool IsOpen => _accepted is not null;

    /// <summary>Whether the node has answered that it does not know links. Another process of it may know them.</summary>
    public bool IsUnsupported(ReportedRoom reported) => _unsupportedBy == reported.InstanceId;

    /// <summary>Whether the node has accepted exactly this, and its report does not contradict.</summary>
    public bool Has(LinkSpec spec, string link, ReportedRoom reported) =>
        spec.Equals(_accepted) && (reported.PollStarted <= _acceptedAt || (reported.FindLink(link) is { } found && found.Tag == spec.Tag && found.PeerTag == spec.PeerTag));

    /// <summary>Whether the pause after the last failure is over.</summary>
    public bool CanCall(TimeSpan now) => now >= _retryAt;

    public void RecordAccepted(LinkSpec spec, long timestamp)
    {
        (_accepted, _acceptedAt) = (spec, timestamp);
        (Failures, Problem, _unsupportedBy, _retryAt) = (0, null, null, TimeSpan.Zero);
    }

    /// <summary>Records that the node no longer has the link.</summary>
    public void RecordClosed() => _accepted = null;

    /// <summary>The next call is made after 0.5, 1, 2, up to 32 s.</summary>
    public void RecordFailure(string problem, TimeSpan now)
    {
        _retryAt = now + (FirstRetry * (1 << Math.Min(Failures, MaxDoublings)));
        Failures++;
        Problem = problem;
    }

    public void RecordUnsupported(string instanceId, string problem) => (_unsupportedBy, Problem, _accepted) = (instanceId, problem, null);
}
