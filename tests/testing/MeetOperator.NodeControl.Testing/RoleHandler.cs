namespace MeetOperator.NodeControl.Testing;

/// <summary>Sends each call with the certificate of the role that may make it, so that one test can act as operator and as signaling.</summary>
internal sealed class RoleHandler(string host, HttpClient byOperator, HttpClient bySignaling) : HttpMessageHandler
{
    /// <summary>True for calls of the operator (rooms, metrics, the node), false for calls of signaling (participants and their media).</summary>
    public static bool IsOperators(string path) => path.Trim('/').Split('/') is ["metrics"] or ["v1", "node", ..] or ["v1", "rooms", _];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content };
        foreach (var (name, values) in request.Headers)
        {
            sent.Headers.TryAddWithoutValidation(name, values);
        }

        sent.Headers.Host ??= host;
        var http = IsOperators(request.RequestUri!.AbsolutePath) ? byOperator : bySignaling;
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
