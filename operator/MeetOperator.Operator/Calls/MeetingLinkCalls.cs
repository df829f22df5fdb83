using System.Collections.Concurrent;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>The links of one meeting in the leader's memory. Used by one reconcile at a time, whose calls to several nodes run concurrently.</summary>
internal sealed class MeetingLinkCalls
{
    private readonly ConcurrentDictionary<(NamespacedName Node, string Link), long> _closings = new();

    /// <summary>The needed links by ID.</summary>
    public ConcurrentDictionary<string, LinkCalls> Links { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a node has a link although it was not asked to close it since the poll began.</summary>
    public bool MustClose(ReportedRoom at, string link) => !_closings.TryGetValue((at.Node, link), out var closed) || closed < at.PollStarted;

    public void RecordClosing(NamespacedName node, string link, long timestamp) => _closings[(node, link)] = timestamp;
}
