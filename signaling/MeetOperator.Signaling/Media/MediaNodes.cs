using System.Collections.Concurrent;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Media;

/// <summary>Creates and caches one client per media node. A client accepts only a server certificate with the name of its node. Thread-safe.</summary>
internal sealed class MediaNodes(ControlCertificate certificate, SignalingOptions options, TimeProvider time) : IDisposable
{
    private readonly HttpClient _calls = Http(certificate, options, time);
    private readonly HttpClient _streams = Http(certificate, options, time);
    private readonly ConcurrentDictionary<(string Namespace, string Node, Uri Url), NodeControlClient> _clients = new();
    private readonly ConcurrentDictionary<(string Namespace, string Node, Uri Url), NodeControlClient> _streamClients = new();

    public NodeControlClient Client(MediaAssignment assignment) => Client(assignment.Namespace, assignment.Node, assignment.ControlUrl);

    public NodeControlClient Client(string @namespace, string node, Uri controlUrl) => Client(_clients, _calls, @namespace, node, controlUrl);

    /// <summary>
    /// The client for streams of events. Each opens a connection of its own: one that served calls would look open for seconds after its machine was lost, and an attempt to read the
    /// events again is to show whether the machine answers.
    /// </summary>
    public NodeControlClient StreamClient(string @namespace, string node, Uri controlUrl) => Client(_streamClients, _streams, @namespace, node, controlUrl);

    public void Dispose()
    {
        _calls.Dispose();
        _streams.Dispose();
    }

    private static NodeControlClient Client(
        ConcurrentDictionary<(string Namespace, string Node, Uri Url), NodeControlClient> clients, HttpClient http, string @namespace, string node, Uri controlUrl) => clients.GetOrAdd(
        (@namespace, node, controlUrl),
        key => new NodeControlClient(http, key.Url, ControlNames.OfNode(key.Namespace, key.Node)));

    // Each call has its own timeout, and event streams stay open.
    private static HttpClient Http(ControlCertificate certificate, SignalingOptions options, TimeProvider time) =>
        new(ControlTls.Client(() => certificate.Current, options.Timings.NodeConnectTimeout, time)) { Timeout = Timeout.InfiniteTimeSpan };
}
