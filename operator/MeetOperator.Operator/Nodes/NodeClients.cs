using MeetOperator.NodeControl;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Hosting;

namespace MeetOperator.Operator.Nodes;

/// <summary>Makes every client of a media node that one term of leadership uses; all share one pool of connections, the term and its guard.</summary>
internal sealed class NodeClients(LeaderTerm term, ControlAuthority authority, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = NodeHttp.Create(term, () => authority.Own, time);

    public long Term => term.Number;

    public NodeControlClient Of(PollTarget target) => new(_http, target.Address, target.Host);

    /// <summary>A node that has seen a higher term refuses every change of ours: the Lease was made anew, or another leads and ours is about to end.</summary>
    public void Seen(NodeReport report)
    {
        if (report.Term is { } seen && seen > term.Number)
        {
            term.RaiseAbove(seen);
        }
    }

    /// <summary>Credentials that the node is to take, as its report shows that it needs others; null when it does not.</summary>
    public NodeCredentials? Renewal(PollTarget target, NodeReport report) => authority.Renew(target.Node, report.Credentials);

    public void Dispose() => _http.Dispose();
}
