using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Hosting;

namespace MeetOperator.Operator.Nodes;

/// <summary>Makes every client of a media node that one term of leadership uses; all share one pool of connections, the term and its guard.</summary>
internal sealed class NodeClients(LeaderTerm term) : IDisposable
{
    private readonly HttpClient _http = NodeHttp.Create(term);

    public long Term => term.Number;

    public NodeControlClient Of(PollTarget target) => new(_http, target.Address, target.Token);

    /// <summary>A node that has seen a higher term refuses every change of ours: the Lease was made anew, or another leads and ours is about to end.</summary>
    public void Seen(NodeReport report)
    {
        if (report.Term is { } seen && seen > term.Number)
        {
            term.RaiseAbove(seen);
        }
    }

    public void Dispose() => _http.Dispose();
}
