using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace MeetOperator.Bench.Move.People;

/// <summary>
/// The WebSocket of a member. Messages are sent and received in the background; the member takes them on its own thread. With a ticket, a socket that has ended is opened again, as the SDK
/// does (<c>signaling-channel.ts</c>); what is sent meanwhile is lost.
/// </summary>
internal sealed class MemberSocket : IDisposable
{
    private const int MaxAttempts = 12;
    private readonly Uri _again;
    private readonly string? _ticket;
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentQueue<JsonNode> _incoming = new();
    private readonly Random _random = new();
    private volatile ChannelWriter<byte[]>? _outgoing;
    private volatile string? _end;
    private volatile int _openings;

    private MemberSocket(Uri again, string? ticket) => (_again, _ticket) = (again, ticket);

    /// <summary>Why the socket ended, or null while it is open or opened again.</summary>
    public string? End => _incoming.IsEmpty ? _end : null;

    /// <summary>How often a socket was opened. Each expects <c>join</c> first.</summary>
    public int Openings => _openings;

    /// <param name="first">The address in the response to the join.</param>
    /// <param name="again">The address for later sockets.</param>
    /// <param name="ticket">The credential for later sockets; null: the first one is the only one.</param>
    public static async Task<MemberSocket> OpenAsync(Uri first, Uri again, string? ticket)
    {
        var member = new MemberSocket(again, ticket);
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(first, default).ConfigureAwait(false);
        _ = member.RunAsync(socket);
        return member;
    }

    public void Send(JsonObject message) => _outgoing?.TryWrite(JsonSerializer.SerializeToUtf8Bytes(message));

    public bool TryTake(out JsonNode message) => _incoming.TryDequeue(out message!);

    public void Dispose() => _over.Cancel();

    private async Task RunAsync(ClientWebSocket? socket)
    {
        var end = "";
        while (socket is not null)
        {
            using (socket)
            {
                var outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
                _outgoing = outgoing.Writer;
                _openings++;
                var sending = SendAsync(socket, outgoing.Reader);
                end = await ReceiveAsync(socket).ConfigureAwait(false);
                _outgoing = null;
                outgoing.Writer.Complete();
                await sending.ConfigureAwait(false);
            }

            socket = _ticket is null || _over.IsCancellationRequested || end == "closed with code 1000" ? null : await OpenAgainAsync().ConfigureAwait(false);
        }

        _end = end;
    }

    private async Task<ClientWebSocket?> OpenAgainAsync()
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var socket = new ClientWebSocket();
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(8_000, 250 << attempt) * (0.5 + (0.5 * _random.NextDouble()))), _over.Token).ConfigureAwait(false);
                socket.Options.AddSubProtocol("meet.v1");
                socket.Options.AddSubProtocol($"ticket.{_ticket}");
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
                timeout.CancelAfter(TimeSpan.FromSeconds(Math.Min(10, 1 << Math.Max(0, attempt - 2))));
                await socket.ConnectAsync(_again, timeout.Token).ConfigureAwait(false);
                return socket;
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException)
            {
                socket.Dispose();
                if (_over.IsCancellationRequested)
                {
                    return null;
                }
            }
        }

        return null;
    }

    private async Task SendAsync(ClientWebSocket socket, ChannelReader<byte[]> outgoing)
    {
        try
        {
            await foreach (var message in outgoing.ReadAllAsync(_over.Token).ConfigureAwait(false))
            {
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _over.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The receiver sees the end of the socket too.
        }
    }

    /// <summary>Returns why the socket ended.</summary>
    private async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, _over.Token).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return $"closed with code {(int?)part.CloseStatus}";
                }

                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    _incoming.Enqueue(JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or JsonException)
        {
            return e.Message;
        }
    }
}
