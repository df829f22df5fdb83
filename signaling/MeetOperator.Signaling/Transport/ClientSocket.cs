using System.Net.WebSockets;
using System.Threading.Channels;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Transport;

/// <summary>One WebSocket. A client that reads too slowly is disconnected, so that it cannot exhaust memory.</summary>
internal sealed class ClientSocket : IClientTransport
{
    /// <summary>Maximum number of queued frames: enough for a full chat replay and a burst of one hundred participants.</summary>
    private const int MaxWaiting = 512;

    /// <summary>Maximum number of queued bytes.</summary>
    private const int MaxWaitingBytes = 4 * 1024 * 1024;

    /// <summary>The share of the queue for droppable frames. The rest is reserved for required frames.</summary>
    private const int MaxDroppableWaiting = MaxWaiting / 2;
    private const int MaxDroppableWaitingBytes = MaxWaitingBytes / 4;

    /// <summary>Maximum number of fragments of one message, and of empty fragments.</summary>
    private const int MaxFragments = 2_048;
    private const int MaxEmptyFragments = 16;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly TimeProvider _time;
    private readonly TimeSpan _messageWait;
    private readonly ITimer _unfinished;
    private readonly Channel<byte[]> _waiting = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _sending;
    private readonly byte[] _buffer = new byte[8 * 1024];
    private long _waitingBytes;
    private int _closing;
    private volatile bool _ignoresInput;
    private (CloseCode Code, string Reason) _close = (CloseCode.Normal, "left");

    /// <param name="socket">An open socket. This object takes ownership.</param>
    /// <param name="time">The clock.</param>
    /// <param name="messageWait">Timeout from the first to the last fragment of a message.</param>
    public ClientSocket(WebSocket socket, TimeProvider time, TimeSpan messageWait)
    {
        _socket = socket;
        _time = time;
        _messageWait = messageWait;
        _unfinished = time.CreateTimer(_ => Close(CloseCode.Rejected, "message not finished in time"), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _sending = SendAsync();
    }

    public bool Send(byte[] frame, Lane lane)
    {
        if (Volatile.Read(ref _closing) != 0 || (lane == Lane.Droppable && !FitsDroppable(frame)))
        {
            return false;
        }

        if (Interlocked.Add(ref _waitingBytes, frame.Length) > MaxWaitingBytes || !_waiting.Writer.TryWrite(frame))
        {
            Close(CloseCode.TooSlow, "reads too slowly");
            return false;
        }

        return true;
    }

    public void IgnoreInput() => _ignoresInput = true;

    /// <summary>Sends the queued frames and then a close frame. Aborts the connection if the peer does not read them in time.</summary>
    public void Close(CloseCode code, string reason)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            return;
        }

        _close = (code, reason);
        _waiting.Writer.TryComplete();
        try
        {
            _ended.CancelAfter(CloseTimeout);
        }
        catch (ObjectDisposedException)
        {
            // The peer closed the connection meanwhile, so no timeout is needed.
        }
    }

    /// <summary>Discards input while the socket is closing. A frame over the size limit is returned truncated.</summary>
    public async Task<ReceivedFrame?> ReceiveAsync()
    {
        var frame = new MemoryStream();
        var (fragments, empty) = (0, 0);
        try
        {
            while (true)
            {
                var result = await _socket.ReceiveAsync(_buffer.AsMemory(), _ended.Token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                frame.Write(_buffer, 0, result.Count);
                empty += result.Count == 0 ? 1 : 0;
                if (!result.EndOfMessage && fragments++ == 0)
                {
                    _unfinished.Change(_messageWait, Timeout.InfiniteTimeSpan);
                }

                if (fragments > MaxFragments || empty > MaxEmptyFragments)
                {
                    Close(CloseCode.Rejected, "too many fragments");
                }

                if (_ignoresInput || Volatile.Read(ref _closing) != 0)
                {
                    frame.SetLength(0);
                }
                else if (result.EndOfMessage || frame.Length > ProtocolLimits.MaxMessageBytes)
                {
                    _unfinished.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
        Close(CloseCode.Normal, "left");
        await _sending.ConfigureAwait(false);
        await _unfinished.DisposeAsync().ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        _ended.Dispose();
    }

    private bool FitsDroppable(byte[] frame) =>
        _waiting.Reader.Count < MaxDroppableWaiting && Interlocked.Read(ref _waitingBytes) + frame.Length <= MaxDroppableWaitingBytes;

    private async Task SendAsync()
    {
        try
        {
            await foreach (var frame in _waiting.Reader.ReadAllAsync(_ended.Token).ConfigureAwait(false))
            {
                Interlocked.Add(ref _waitingBytes, -frame.Length);
                await _socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, _ended.Token).ConfigureAwait(false);
            }

            using var limit = new CancellationTokenSource(CloseTimeout, _time);
            await _socket.CloseOutputAsync((WebSocketCloseStatus)_close.Code, _close.Reason, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The peer is unreachable, so no close frame can be sent.
            _socket.Abort();
        }

        Interlocked.Exchange(ref _closing, 1);
        _waiting.Writer.TryComplete();
    }
}
