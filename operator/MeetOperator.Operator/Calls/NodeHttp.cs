using MeetOperator.NodeControl.Security;
using MeetOperator.Operator.Terms;

namespace MeetOperator.Operator.Calls;

/// <summary>Creates the HTTP client for media nodes.</summary>
internal static class NodeHttp
{
    /// <summary>Limit for TCP and TLS together; each call has its own limit as well.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    public static HttpClient Create(LeaderTerm term, Func<ControlCredentials?> credentials, TimeProvider time) =>
        new(new TermHandler(term, ControlTls.Client(credentials, ConnectTimeout, time))) { Timeout = Timeout.InfiniteTimeSpan }; // Every call sets its own timeout.
}
