using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Hosting;

/// <summary>The HTTP client for media nodes.</summary>
internal static class NodeHttp
{
    /// <summary>TCP and TLS; every call has a limit of its own besides.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    public static HttpClient Create(LeaderTerm term, Func<ControlCredentials?> credentials, TimeProvider time) =>
        new(new TermHandler(term, ControlTls.Client(credentials, ConnectTimeout, time))) { Timeout = Timeout.InfiniteTimeSpan }; // Every call has its own.
}
