using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeetOperator.Signaling;

/// <summary>Ends connections on which nothing comes: until its first byte no other limit of the server holds for one.</summary>
internal static class SilentConnections
{
    public static void Limit(ListenOptions listen, TimeSpan limit, TimeProvider time) => listen.Use(next => async connection =>
    {
        using (var silent = new CancellationTokenSource(limit, time))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(silent.Token, connection.ConnectionClosed);
            try
            {
                // Looked at and left where it is.
                var first = await connection.Transport.Input.ReadAsync(stop.Token).ConfigureAwait(false);
                connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            }
            catch (OperationCanceledException)
            {
                connection.Abort(new ConnectionAbortedException("Nothing came on the connection."));
                return;
            }
        }

        await next(connection).ConfigureAwait(false);
    });
}
