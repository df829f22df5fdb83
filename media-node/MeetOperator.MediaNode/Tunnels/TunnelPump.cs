using System.Buffers.Text;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tunnels;

/// <summary>
/// Passes bytes between the WebSocket of a tunnel and the loop of its session, until one of them ends. Binary messages are pieces of one stream of framed packets (RFC 4571) in each direction. A
/// text message is the number of bytes that its sender has received so far; what is sent stays within <see cref="TunnelWindow"/>. A client that does not read, or a proxy that does not, stops only this
/// pump: what it leaves unread waits in the session's bounded queue.
/// </summary>
/// <param name="client">The WebSocket.</param>
/// <param name="loop">The other end of the session's connection.</param>
/// <param name="time">The clock.</param>
internal sealed class TunnelPump(WebSocket client, Socket loop, TimeProvider time) : IAsyncDisposable
{
    /// <summary>What is read of the session at once. Larger pieces would let sound wait behind video that could have been overtaken.</summary>
    private const int PieceBytes = 4 * 1024;
    private const int ReceiveBytes = 16 * 1024;

    /// <summary>How long a client may take for the close frame.</summary>
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    /// <summary>The longest text message: a number of 63 bits.</summary>
    private const int MaxAcknowledgementBytes = 20;
    private readonly TunnelWindow _window = new();
    private readonly TunnelReceipts _receipts = new(time);
    private readonly TimeProvider _time = time;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly SemaphoreSlim _acknowledged = new(0, 1);

    /// <summary>Runs until the session, the client or <paramref name="ct"/> ends it.</summary>
    /// <param name="closed">The loop has closed the connection. The client then gets a close frame, if it takes one.</param>
    /// <param name="ct">Ends it at once.</param>
    public async Task RunAsync(CancellationToken closed, CancellationToken ct)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var waits = CancellationTokenSource.CreateLinkedTokenSource(ends.Token, closed);
        using var limit = closed.Register(() => ends.CancelAfter(CloseLimit));
        Task[] directions = [SendAsync(waits.Token, ends.Token), ReceiveAsync(ends.Token), AcknowledgeAsync(waits.Token, ends.Token)];
        await Task.WhenAny(directions).ConfigureAwait(false);

        // Until the client has answered the close frame: a connection that is aborted may lose the frame.
        await waits.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(directions), Task.Delay(CloseLimit, CancellationToken.None)).ConfigureAwait(false);
        await ends.CancelAsync().ConfigureAwait(false);
        foreach (var direction in directions)
        {
            try
            {
                await direction.ConfigureAwait(false);
            }
            catch (Exception e) when (e is WebSocketException or SocketException or OperationCanceledException or ObjectDisposedException or IOException)
            {
                // One of the two has gone away, which is how most tunnels end.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _receipts.DisposeAsync().ConfigureAwait(false);
        _sending.Dispose();
        _acknowledged.Dispose();
    }

    /// <summary>
    /// The length of the whole frames at the start of what has arrived. A client that sends them piece by piece does not wake the loop for each. All of it when a frame is too long: the loop then ends the
    /// tunnel.
    /// </summary>
    internal static int WholeFrames(ReadOnlySpan<byte> arrived)
    {
        var at = 0;
        FrameStatus status;
        while ((status = StreamFraming.Read(arrived[at..], StreamFraming.MaximumPacketBytes, out var length)) == FrameStatus.Complete)
        {
            at += StreamFraming.HeaderBytes + length;
        }

        return status == FrameStatus.TooLong ? arrived.Length : at;
    }

    /// <summary>Sends what the loop has sent.</summary>
    /// <param name="waits">Ends the waits for the loop and for acknowledgements.</param>
    /// <param name="ct">Ends everything.</param>
    private async Task SendAsync(CancellationToken waits, CancellationToken ct)
    {
        var piece = new byte[PieceBytes];
        while (true)
        {
            var read = await ReadAsync(piece, waits, ct).ConfigureAwait(false);
            if (read == 0)
            {
                await CloseAsync(WebSocketCloseStatus.NormalClosure, "session ended", ct).ConfigureAwait(false);
                return;
            }

            lock (_window)
            {
                _window.OnSent(NowTicks, read);
            }

            await SendAsync(piece.AsMemory(0, read), WebSocketMessageType.Binary, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Reads as much as may be sent. Returns 0 when the loop has closed the connection.</summary>
    private async Task<int> ReadAsync(byte[] piece, CancellationToken waits, CancellationToken ct)
    {
        try
        {
            var free = await WaitForFreeAsync(waits).ConfigureAwait(false);
            return await loop.ReceiveAsync(piece.AsMemory(0, (int)Math.Min(free, PieceBytes)), waits).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return 0;
        }
    }

    private async Task ReceiveAsync(CancellationToken ct)
    {
        var buffer = new byte[ReceiveBytes];
        var begun = 0; // bytes of a frame that is not whole, at the start of the buffer
        while (true)
        {
            var result = await client.ReceiveAsync(buffer.AsMemory(begun), ct).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            if (result.MessageType == WebSocketMessageType.Text)
            {
                if (!result.EndOfMessage || !TryAcknowledge(buffer.AsSpan(begun, result.Count)))
                {
                    await CloseAsync(WebSocketCloseStatus.PolicyViolation, "invalid acknowledgement", ct).ConfigureAwait(false);
                    return;
                }

                continue;
            }

            var end = begun + result.Count;
            var whole = WholeFrames(buffer.AsSpan(0, end));
            for (var sent = 0; sent < whole;)
            {
                sent += await loop.SendAsync(buffer.AsMemory(sent, whole - sent), ct).ConfigureAwait(false);
            }

            buffer.AsSpan(whole, end - whole).CopyTo(buffer);
            begun = end - whole;
            _receipts.Add(result.Count);
        }
    }

    /// <summary>Tells the client how much has arrived.</summary>
    /// <param name="waits">Ends the wait for more.</param>
    /// <param name="ct">Ends everything.</param>
    private async Task AcknowledgeAsync(CancellationToken waits, CancellationToken ct)
    {
        while (true)
        {
            var received = await _receipts.NextAsync(waits).ConfigureAwait(false);
            await SendAsync(Encoding.ASCII.GetBytes($"{received}"), WebSocketMessageType.Text, ct).ConfigureAwait(false);
        }
    }

    private bool TryAcknowledge(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxAcknowledgementBytes || !Utf8Parser.TryParse(text, out long received, out var read) || read != text.Length)
        {
            return false;
        }

        lock (_window)
        {
            if (!_window.TryAcknowledge(NowTicks, received))
            {
                return false;
            }
        }

        if (_acknowledged.CurrentCount == 0)
        {
            _acknowledged.Release();
        }

        return true;
    }

    private async Task<long> WaitForFreeAsync(CancellationToken ct)
    {
        while (true)
        {
            lock (_window)
            {
                if (_window.Free > 0)
                {
                    return _window.Free;
                }
            }

            await _acknowledged.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Sends one message. A WebSocket sends one at a time.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type, CancellationToken ct)
    {
        await _sending.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await client.SendAsync(message, type, endOfMessage: true, ct).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task CloseAsync(WebSocketCloseStatus status, string reason, CancellationToken ct)
    {
        await _sending.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await client.CloseOutputAsync(status, reason, ct).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    private long NowTicks => _time.GetElapsedTime(0).Ticks;
}
