using MeetOperator.NodeControl;
using MeetOperator.Operator.Terms;

namespace MeetOperator.Operator.Calls;

/// <summary>Adds the leadership term to every request to a media node, and stops modifying requests once the term has ended.</summary>
internal sealed class TermHandler(LeaderTerm term, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Get)
        {
            term.ThrowIfLost();
        }

        request.Headers.Add(TermHeader.Name, TermHeader.Write(term.Number));
        return base.SendAsync(request, cancellationToken);
    }
}
