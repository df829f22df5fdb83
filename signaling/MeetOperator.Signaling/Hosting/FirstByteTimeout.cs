using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Closes connections that send no data. Kestrel's own timeouts start only with the first byte.</summary>
internal static class FirstByteTimeout
{
    public static void Use(ListenOptions listen, TimeSpan limit, TimeProvider time) => listen.Use(next => async connection =>
    {
        using (var silent = new CancellationTokenSource(limit, time))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(silent.Token, connection.ConnectionClosed);
            try
            {
                // Wait for data without consuming it.
                var first = await connection.Transport.Input.ReadAsync(stop.Token).ConfigureAwait(false);
                connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            }
            catch (OperationCanceledException)
            {
                connection.Abort(new ConnectionAbortedException("No data was received on the connection in time."));
                return;
            }
        }

        await next(connection).ConfigureAwait(false);
    });
}
