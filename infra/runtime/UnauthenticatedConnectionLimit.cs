using System.Net;
using Microsoft.AspNetCore.Connections;

namespace MeetOperator;

/// <summary>
/// Limits the number of open connections to the control port without a trusted client certificate, including those whose TLS handshake is in progress. Above the limit,
/// the oldest connection of the address with the most connections is closed, so that an attacker displaces only its own connections. Safe for concurrent use.
/// </summary>
internal sealed class UnauthenticatedConnectionLimit(int maximum)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<ConnectionContext> _connections = new(); // oldest first

    /// <summary>Serves a connection and counts it until it ends or <see cref="StopCounting"/> is called.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Add(connection)?.Abort(new ConnectionAbortedException("Too many connections without a trusted client certificate."));
        try
        {
            await next(connection);
        }
        finally
        {
            StopCounting(connection);
        }
    }

    /// <summary>Stops counting a connection, because its client is authenticated or it has ended.</summary>
    public void StopCounting(ConnectionContext connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
        }
    }

    /// <summary>Adds a connection. Returns the connection to close, or null when the limit is not exceeded.</summary>
    private ConnectionContext? Add(ConnectionContext connection)
    {
        lock (_lock)
        {
            _connections.AddLast(connection);
            if (_connections.Count <= maximum)
            {
                return null;
            }

            var closed = _connections.GroupBy(open => (open.RemoteEndPoint as IPEndPoint)?.Address).MaxBy(group => group.Count())!.First();
            _connections.Remove(closed);
            return closed;
        }
    }
}
