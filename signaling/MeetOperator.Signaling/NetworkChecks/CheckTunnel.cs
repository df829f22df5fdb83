using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using MeetOperator.Signaling.Tunnels;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>
/// Acknowledges each binary message with the total number of bytes received, in decimal, as a media node does on a tunnel (<c>docs/node-control.md</c>). After the text message
/// <see cref="Receive"/>, it also sends binary messages, whose total the client acknowledges in the same way. Other text messages are ignored.
/// </summary>
/// <param name="socket">The WebSocket of the client. The caller disposes it.</param>
/// <param name="pace">How many messages the client may send, and how many bytes go in both directions.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckTunnel(WebSocket socket, TunnelPace pace, TimeProvider time)
{
    /// <summary>What a client may send, in bytes. A check needs less.</summary>
    public const int MaxBytes = 640 * 1024;

    /// <summary>What is sent to a client, in bytes: that of two seconds at 2 Mbit/s, more than a camera takes on a tunnel.</summary>
    public const int MaxBytesSent = 512 * 1024;

    /// <summary>What waits for acknowledgements, in bytes. A slow line is free again soon after the client has closed.</summary>
    public const int Window = 64 * 1024;

    /// <summary>The text message that asks for data.</summary>
    public const string Receive = "receive";
    private const int MaxPieces = 600;
    private const int PieceBytes = 4 * 1024;
    private static readonly byte[] Data = new byte[PieceBytes];
    private readonly byte[] _buffer = new byte[PieceBytes];
    private int _received;
    private bool _isSending;
    private int _sent;
    private int _acknowledged;

    /// <summary>Runs until the client closes, has sent too much, or the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            for (var pieces = 0; pieces < MaxPieces && _received <= MaxBytes; pieces++)
            {
                var piece = await socket.ReceiveAsync(_buffer.AsMemory(), ct).ConfigureAwait(false);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct).ConfigureAwait(false);
                    return;
                }

                await HandleAsync(piece, ct).ConfigureAwait(false);
                await WaitAsync(pace.TakeMessage(time.GetElapsedTime(0).Ticks), ct).ConfigureAwait(false);
            }

            // Waits for the answer: a connection that ends while something is unread may lose the close frame.
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "too much for a network check", ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            socket.Abort(); // the client has gone away, or its time is over
        }
    }

    private async Task HandleAsync(ValueWebSocketReceiveResult piece, CancellationToken ct)
    {
        if (piece.MessageType == WebSocketMessageType.Text)
        {
            var text = Encoding.UTF8.GetString(_buffer, 0, piece.Count);
            _isSending |= text == Receive;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var total) && total > _acknowledged && total <= _sent)
            {
                _acknowledged = total;
            }

            await SendAsync(ct).ConfigureAwait(false);
            return;
        }

        _received += piece.Count;
        if (piece.EndOfMessage)
        {
            var text = Encoding.UTF8.GetBytes(_received.ToString(CultureInfo.InvariantCulture));
            await socket.SendAsync(text.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Sends data until all of it is sent, or <see cref="Window"/> bytes are not acknowledged.</summary>
    private async Task SendAsync(CancellationToken ct)
    {
        while (_isSending && _sent < MaxBytesSent && _sent - _acknowledged < Window)
        {
            await socket.SendAsync(Data.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, ct).ConfigureAwait(false);
            _sent += PieceBytes;
            await WaitAsync(pace.TakeBytes(time.GetElapsedTime(0).Ticks, PieceBytes), ct).ConfigureAwait(false);
        }
    }

    private Task WaitAsync(TimeSpan wait, CancellationToken ct) => wait > TimeSpan.Zero ? Task.Delay(wait, time, ct) : Task.CompletedTask;
}
