namespace MeetOperator.NodeControl.Testing;

/// <summary>Sends each request with the certificate of the operator or signaling, whichever the path requires, so that a test can act as both.</summary>
internal sealed class RoleHandler(string host, HttpClient byOperator, HttpClient bySignaling) : HttpMessageHandler
{
    /// <summary>Whether the operator sends requests to this path: metrics, the node, rooms and links. Signaling sends those for participants and their media.</summary>
    public static bool IsOperatorPath(string path) => path.Trim('/').Split('/') is ["metrics"] or ["v1", "node", ..] or ["v1", "rooms", _] or ["v1", "rooms", _, "links", _];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content };
        foreach (var (name, values) in request.Headers)
        {
            sent.Headers.TryAddWithoutValidation(name, values);
        }

        sent.Headers.Host ??= host;
        var http = IsOperatorPath(request.RequestUri!.AbsolutePath) ? byOperator : bySignaling;
        return await http.SendAsync(sent, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            byOperator.Dispose();
            bySignaling.Dispose();
        }

        base.Dispose(disposing);
    }
}
