using System.Net;
using Microsoft.AspNetCore.Connections;

namespace MeetOperator.MediaNode.Control;

/// <summary>
/// How many connections of the control port may be open for callers that have shown no certificate of the installation. One too many ends the oldest of the address that
/// has most of them, so that whoever holds connections open, in the middle of a handshake or after it, takes them from himself. Safe for concurrent use.
/// </summary>
internal sealed class StrangerLimit(int most)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<ConnectionContext> _strangers = new(); // The oldest first.

    /// <summary>Serves a connection, which counts until it ends or <see cref="Recognize"/> is called for it.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Add(connection)?.Abort(new ConnectionAbortedException("Too many connections without a certificate of the installation."));
        try
        {
            await next(connection);
        }
        finally
        {
            Recognize(connection);
        }
    }

    /// <summary>The caller is of the installation: its connections are not counted.</summary>
    public void Recognize(ConnectionContext connection)
    {
        lock (_lock)
        {
            _strangers.Remove(connection);
        }
    }

    /// <summary>The one to be ended; null while there is room.</summary>
    private ConnectionContext? Add(ConnectionContext connection)
    {
        lock (_lock)
        {
            _strangers.AddLast(connection);
            if (_strangers.Count <= most)
            {
                return null;
            }

            var victim = _strangers.GroupBy(stranger => (stranger.RemoteEndPoint as IPEndPoint)?.Address).MaxBy(group => group.Count())!.First();
            _strangers.Remove(victim);
            return victim;
        }
    }
}
