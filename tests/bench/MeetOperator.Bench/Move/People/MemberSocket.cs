using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace MeetOperator.Bench.Move.People;

/// <summary>The WebSocket of a member. Messages are sent and received in the background; the member takes them on its own thread.</summary>
internal sealed class MemberSocket : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentQueue<JsonNode> _incoming = new();
    private volatile string? _end;

    /// <summary>Why the socket ended, or null while it is open.</summary>
    public string? End => _incoming.IsEmpty ? _end : null;

    public static async Task<MemberSocket> OpenAsync(Uri address)
    {
        var member = new MemberSocket();
        await member._socket.ConnectAsync(address, default).ConfigureAwait(false);
        _ = member.SendAsync();
        _ = member.ReceiveAsync();
        return member;
    }

    public void Send(JsonObject message) => _outgoing.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(message));

    public bool TryTake(out JsonNode message) => _incoming.TryDequeue(out message!);

    public void Dispose()
    {
        _over.Cancel();
        _socket.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(_over.Token).ConfigureAwait(false))
            {
                await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _over.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            _end ??= e.Message;
        }
    }

    private async Task ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, _over.Token).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    _end ??= $"closed with code {(int?)part.CloseStatus}";
                    return;
                }

                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    _incoming.Enqueue(JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            _end ??= e.Message;
        }
    }
}
