using System.Collections.Concurrent;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Media;

/// <summary>Creates and caches one client per media node. A client accepts only a server certificate with the name of its node. Thread-safe.</summary>
internal sealed class MediaNodes(ControlCertificate certificate, SignalingOptions options, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = new(ControlTls.Client(() => certificate.Current, options.Timings.NodeConnectTimeout, time))
    {
        // Each call has its own timeout, and event streams stay open.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ConcurrentDictionary<(string Namespace, string Node, Uri Url), NodeControlClient> _clients = new();

    public NodeControlClient Client(MediaAssignment assignment) => Client(assignment.Namespace, assignment.Node, assignment.ControlUrl);

    public NodeControlClient Client(string @namespace, string node, Uri controlUrl) => _clients.GetOrAdd(
        (@namespace, node, controlUrl),
        key => new NodeControlClient(_http, key.Url, ControlNames.OfNode(key.Namespace, key.Node)));

    public void Dispose() => _http.Dispose();
}
