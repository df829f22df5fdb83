using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using MeetOperator.Signaling.Tunnels;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>
/// Acknowledges each binary message with the total number of bytes received, in decimal, as a media node does on a tunnel (<c>docs/node-control.md</c>). Text messages are ignored.
/// </summary>
/// <param name="socket">The WebSocket of the client. The caller disposes it.</param>
/// <param name="pace">How many messages the client may send.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckTunnel(WebSocket socket, TunnelPace pace, TimeProvider time)
{
    /// <summary>Several times what a check needs.</summary>
    public const int MaxBytes = 64 * 1024;
    private const int MaxPieces = 200;
    private const int PieceBytes = 4 * 1024;

    /// <summary>Runs until the client closes, has sent too much, or the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var buffer = new byte[PieceBytes];
        var received = 0;
        try
        {
            for (var pieces = 0; pieces < MaxPieces && received <= MaxBytes; pieces++)
            {
                var piece = await socket.ReceiveAsync(buffer.AsMemory(), ct).ConfigureAwait(false);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct).ConfigureAwait(false);
                    return;
                }

                received += piece.MessageType == WebSocketMessageType.Binary ? piece.Count : 0;
                if (piece is { MessageType: WebSocketMessageType.Binary, EndOfMessage: true })
                {
                    var text = Encoding.UTF8.GetBytes(received.ToString(CultureInfo.InvariantCulture));
                    await socket.SendAsync(text.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, ct).ConfigureAwait(false);
                }

                if (pace.TakeMessage(time.GetElapsedTime(0).Ticks) is { Ticks: > 0 } wait)
                {
                    await Task.Delay(wait, time, ct).ConfigureAwait(false);
                }
            }

            // Waits for the answer: a connection that ends while something is unread may lose the close frame.
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "too much for a network check", ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            socket.Abort(); // the client has gone away, or its time is over
        }
    }
}
