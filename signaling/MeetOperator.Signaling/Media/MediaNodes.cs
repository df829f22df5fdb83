using System.Collections.Concurrent;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling;

/// <summary>Clients of media nodes, each with the node's own token.</summary>
public sealed class MediaNodes(byte[] controlKey) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(2),
        UseProxy = false,
    })
    {
        // Calls have limits of their own; event streams stay open.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ConcurrentDictionary<(string Namespace, string Node, Uri Url), NodeControlClient> clients = new();

    public NodeControlClient Client(MediaAssignment assignment) => clients.GetOrAdd(
        (assignment.Namespace, assignment.Node, assignment.ControlUrl),
        key => new NodeControlClient(http, key.Url, NodeToken.Derive(controlKey, key.Namespace, key.Node)));

    public void Dispose() => http.Dispose();
}
