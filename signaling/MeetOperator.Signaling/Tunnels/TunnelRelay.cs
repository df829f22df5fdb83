using System.Net.WebSockets;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Tunnels;

/// <summary>
/// Passes messages between the WebSocket of a client and that of its media node as they are, until one of them ends. It holds one piece in each direction, so what one side does not read stays with
/// the other side, which bounds it.
/// </summary>
/// <param name="client">The WebSocket of the client.</param>
/// <param name="node">The WebSocket of the media node.</param>
/// <param name="pace">How many messages the client may send.</param>
/// <param name="time">The clock.</param>
internal sealed class TunnelRelay(WebSocket client, WebSocket node, TunnelPace pace, TimeProvider time)
{
    private const int PieceBytes = 16 * 1024;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Messages that the client has got lately and may acknowledge for nothing.</summary>
    private int _unacknowledged;

    /// <summary>Runs until one of the two has closed.</summary>
    /// <param name="restart">Ends it and tells the client to connect again.</param>
    /// <param name="denied">Ends it when it completes, because tunnels are not allowed any more.</param>
    public async Task RunAsync(CancellationToken restart, Task denied)
    {
        using var ends = new CancellationTokenSource();
        Task[] directions = [PassAsync(client, node, WaitFor, ends.Token), PassAsync(node, client, CountForClient, ends.Token)];
        await Task.WhenAny([.. directions, Task.Delay(Timeout.Infinite, restart), denied]).ConfigureAwait(false);
        if (restart.IsCancellationRequested || denied.IsCompleted)
        {
            var (status, reason) = denied.IsCompleted ? (WebSocketCloseStatus.PolicyViolation, "tunnels are denied") : ((WebSocketCloseStatus)CloseCode.Restart, "server restarts");
            await CloseAsync(client, status, reason).ConfigureAwait(false);
        }

        // Until the other side has answered the close frame: a connection that is aborted may lose the frame.
        await Task.WhenAny(Task.WhenAll(directions), Task.Delay(CloseTimeout, CancellationToken.None)).ConfigureAwait(false);
        await ends.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(directions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Runs after a message of the client was passed on. Returns how long to wait for the next one.</summary>
    private TimeSpan WaitFor(ValueWebSocketReceiveResult piece)
    {
        var isFree = piece is { MessageType: WebSocketMessageType.Text, EndOfMessage: true } && Volatile.Read(ref _unacknowledged) > 0;
        if (isFree)
        {
            Interlocked.Decrement(ref _unacknowledged);
        }

        return isFree ? TimeSpan.Zero : pace.TakeMessage(time.GetElapsedTime(0).Ticks);
    }

    /// <summary>Runs after a message of the media node was passed on. The media node limits itself, so there is no wait.</summary>
    private TimeSpan CountForClient(ValueWebSocketReceiveResult piece)
    {
        if (piece is { MessageType: WebSocketMessageType.Binary, EndOfMessage: true } && Volatile.Read(ref _unacknowledged) < TunnelPace.MessagesPerSecond)
        {
            Interlocked.Increment(ref _unacknowledged);
        }

        return TimeSpan.Zero;
    }

    private async Task PassAsync(WebSocket from, WebSocket to, Func<ValueWebSocketReceiveResult, TimeSpan> afterPiece, CancellationToken ct)
    {
        var piece = new byte[PieceBytes];
        try
        {
            while (await from.ReceiveAsync(piece.AsMemory(), ct).ConfigureAwait(false) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await to.SendAsync(piece.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, ct).ConfigureAwait(false);
                if (afterPiece(received) is { Ticks: > 0 } wait)
                {
                    await Task.Delay(wait, time, ct).ConfigureAwait(false);
                }
            }

            await CloseAsync(to, from.CloseStatus ?? WebSocketCloseStatus.NormalClosure, from.CloseStatusDescription).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            to.Abort(); // one of the two has gone away
        }
    }

    private static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status, string? reason)
    {
        using var limit = new CancellationTokenSource(CloseTimeout);
        try
        {
            await socket.CloseOutputAsync(status == WebSocketCloseStatus.Empty ? WebSocketCloseStatus.NormalClosure : status, reason, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException or ArgumentException)
        {
            socket.Abort(); // it does not read, or its peer has sent a status that must not be sent
        }
    }
}
