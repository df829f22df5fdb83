using System.Net.WebSockets;
using System.Threading.Channels;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// One WebSocket: frames in, a bounded queue of frames out. Who does not read fast enough is closed, so that nobody's slowness costs memory.
/// Sending is safe from any thread; receiving is for one.
/// </summary>
public sealed class ClientSocket : IAsyncDisposable
{
    /// <summary>Frames that may wait: a full replay of chat and a burst of a hundred people fit.</summary>
    private const int MaxWaiting = 512;

    /// <summary>Bytes that may wait.</summary>
    private const int MaxWaitingBytes = 4 * 1024 * 1024;

    /// <summary>Of them, what other participants may fill: the rest is for what the server itself says.</summary>
    private const int MaxRelayedWaiting = MaxWaiting / 2;
    private const int MaxRelayedWaitingBytes = MaxWaitingBytes / 4;

    /// <summary>Pieces that one message may come in, and how many of them may be empty.</summary>
    private const int MaxPieces = 2_048;
    private const int MaxEmptyPieces = 16;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly WebSocket socket;
    private readonly TimeProvider time;
    private readonly TimeSpan messageWait;
    private readonly ITimer unfinished;
    private readonly Channel<byte[]> waiting = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource ended = new();
    private readonly Task sending;
    private readonly byte[] buffer = new byte[8 * 1024];
    private long waitingBytes;
    private int closing;
    private volatile bool ignoresInput;
    private (WebSocketCloseStatus Code, string Reason) close = (CloseCodes.Normal, "left");

    /// <param name="socket">An open socket, owned from now on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="messageWait">How long a message may take from its first piece to its last.</param>
    public ClientSocket(WebSocket socket, TimeProvider time, TimeSpan messageWait)
    {
        this.socket = socket;
        this.time = time;
        this.messageWait = messageWait;
        unfinished = time.CreateTimer(_ => Close(CloseCodes.Refused, "message not finished in time"), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        sending = SendAsync();
    }

    /// <summary>Cancelled when the socket ends, from whichever side.</summary>
    public CancellationToken Ended => ended.Token;

    public void Send(ServerMessage message) => Send(message.ToUtf8());

    public void Send(byte[] frame)
    {
        if (Volatile.Read(ref closing) != 0)
        {
            return;
        }

        if (Interlocked.Add(ref waitingBytes, frame.Length) > MaxWaitingBytes || !waiting.Writer.TryWrite(frame))
        {
            Close(CloseCodes.TooSlow, "reads too slowly");
        }
    }

    /// <summary>
    /// Sends what another participant says; false when too much waits already. So what others send never cuts off who reads slowly.
    /// </summary>
    public bool TrySendRelayed(byte[] frame)
    {
        if (Volatile.Read(ref closing) != 0 || waiting.Reader.Count >= MaxRelayedWaiting || Interlocked.Read(ref waitingBytes) + frame.Length > MaxRelayedWaitingBytes)
        {
            return false;
        }

        Send(frame);
        return true;
    }

    /// <summary>What comes from now on is dropped; it may still be told something.</summary>
    public void IgnoreInput() => ignoresInput = true;

    /// <summary>Sends what waits and then a close frame; the first reason counts. A peer that takes neither is cut off.</summary>
    public void Close(WebSocketCloseStatus code, string reason)
    {
        if (Interlocked.Exchange(ref closing, 1) != 0)
        {
            return;
        }

        close = (code, reason);
        waiting.Writer.TryComplete();
        ended.CancelAfter(CloseTimeout);
    }

    /// <summary>The next text frame; null when the socket has ended. What comes while it is being closed is dropped. Frames over the limit come as their first bytes, one more than allowed.</summary>
    public async Task<ReceivedFrame?> ReceiveAsync()
    {
        var frame = new MemoryStream();
        var (pieces, empty) = (0, 0);
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(), ended.Token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                frame.Write(buffer, 0, result.Count);
                empty += result.Count == 0 ? 1 : 0;
                if (!result.EndOfMessage && pieces++ == 0)
                {
                    unfinished.Change(messageWait, Timeout.InfiniteTimeSpan);
                }

                if (pieces > MaxPieces || empty > MaxEmptyPieces)
                {
                    Close(CloseCodes.Refused, "too many fragments");
                }

                if (ignoresInput || Volatile.Read(ref closing) != 0)
                {
                    frame.SetLength(0);
                }
                else if (result.EndOfMessage || frame.Length > ProtocolLimits.MaxMessageBytes)
                {
                    unfinished.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    return new ReceivedFrame(frame.GetBuffer().AsMemory(0, (int)frame.Length), result.MessageType == WebSocketMessageType.Text);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Close(CloseCodes.Normal, "left");
        await sending.ConfigureAwait(false);
        await unfinished.DisposeAsync().ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        socket.Dispose();
        ended.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (var frame in waiting.Reader.ReadAllAsync(ended.Token).ConfigureAwait(false))
            {
                Interlocked.Add(ref waitingBytes, -frame.Length);
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, ended.Token).ConfigureAwait(false);
            }

            using var limit = new CancellationTokenSource(CloseTimeout, time);
            await socket.CloseOutputAsync(close.Code, close.Reason, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The peer is gone: nothing can be told to it any more.
            socket.Abort();
        }

        Interlocked.Exchange(ref closing, 1);
        waiting.Writer.TryComplete();
    }
}
