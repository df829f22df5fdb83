using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Terms;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Calls;

/// <summary>Creates the media node clients of one leadership term. All of them share a connection pool, the term and its guard.</summary>
internal sealed class NodeClients(LeaderTerm term, ControlAuthority authority, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = NodeHttp.Create(term, () => authority.Own, time);

    public long Term => term.Number;

    /// <summary>The client of a relay.</summary>
    public TurnControlClient RelayOf(NamespacedName relay, Uri address) => new(_http, address, ControlAuthority.NameOf(relay));

    public NodeControlClient Of(PollTarget target) => new(_http, target.Address, target.Host);

    /// <summary>
    /// Raises the term when a node has seen a higher one, since that node rejects every change from this operator. Either the Lease was recreated, or another
    /// operator leads and this term is about to end.
    /// </summary>
    public void ObserveTerm(NodeReport report)
    {
        if (report.Term is { } seen && seen > term.Number)
        {
            term.RaiseAbove(seen);
        }
    }

    /// <summary>The new credentials that a node needs according to its report, or null.</summary>
    public NodeCredentials? FindRenewal(PollTarget target, NodeReport report) => authority.Renew(target.Node, report.Credentials);

    public void Dispose() => _http.Dispose();
}
