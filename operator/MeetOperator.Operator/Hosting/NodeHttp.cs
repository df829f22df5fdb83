namespace MeetOperator.Operator.Hosting;

/// <summary>The HTTP client for media nodes: they are near, so a connection that takes long is a dead one.</summary>
internal static class NodeHttp
{
    public static HttpClient Create(LeaderTerm term) => new(new TermHandler(term, new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromMilliseconds(500),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        UseProxy = false,
        UseCookies = false,
    }))
    {
        Timeout = Timeout.InfiniteTimeSpan, // Every call has its own.
    };
}
