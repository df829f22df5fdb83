using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Hosting;

/// <summary>Puts the term of leadership on every request to a media node, and stops those that change something once the term is over.</summary>
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
