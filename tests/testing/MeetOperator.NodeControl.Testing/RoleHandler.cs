namespace MeetOperator.NodeControl.Testing;

/// <summary>Sends each call as the one of operator and signaling that may make it, so that one test can play both.</summary>
internal sealed class RoleHandler(string host, HttpClient byOperator, HttpClient bySignaling) : HttpMessageHandler
{
    /// <summary>Rooms, metrics and the node itself are the operator's, people and their media are signaling's.</summary>
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
