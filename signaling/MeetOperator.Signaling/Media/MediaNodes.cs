using System.Collections.Concurrent;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling;

/// <summary>Makes one client for each media node and keeps it. A client accepts only a certificate with its node's name.</summary>
public sealed class MediaNodes(ControlCertificate certificate, SignalingOptions options, TimeProvider time) : IDisposable
{
    private readonly HttpClient http = new(ControlTls.Client(() => certificate.Current, options.Timings.NodeConnect, time))
    {
        // Calls have limits of their own; event streams stay open.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ConcurrentDictionary<(string Namespace, string Node, Uri Url), NodeControlClient> clients = new();

    public NodeControlClient Client(MediaAssignment assignment) => clients.GetOrAdd(
        (assignment.Namespace, assignment.Node, assignment.ControlUrl),
        key => new NodeControlClient(http, key.Url, ControlNames.OfNode(key.Namespace, key.Node)));

    public void Dispose() => http.Dispose();
}
