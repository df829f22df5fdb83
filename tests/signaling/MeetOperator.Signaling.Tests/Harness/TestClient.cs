using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A WebSocket client that records all received messages.</summary>
public sealed class TestClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly List<JsonObject> _received = [];
    private readonly Task _reading;

    private TestClient(ClientWebSocket socket, JoinResponse join)
    {
        _socket = socket;
        Join = join;
        _reading = ReadAsync();
    }

    public JoinResponse Join { get; }

    public string Id => Join.ParticipantId;

    /// <summary>The code that the server closed the socket with; null before, and after a connection that was lost.</summary>
    public CloseCode? CloseCode => (CloseCode?)_socket.CloseStatus;

    public string? Subprotocol => _socket.SubProtocol;

    /// <summary>Completes when the socket closes.</summary>
    public Task Closed => _reading;

    /// <summary>All messages received so far, in order.</summary>
    public IReadOnlyList<JsonObject> Received
    {
        get
        {
            lock (_received)
            {
                return [.. _received];
            }
        }
    }

    public static Task<TestClient> OpenAsync(JoinResponse join) => OpenAsync(join, new Uri(join.WebSocketUrl), _ => { });

    public static Task<TestClient> OpenByTicketAsync(JoinResponse join, Uri server)
    {
        var meeting = new Uri(join.WebSocketUrl).AbsolutePath;
        var url = new UriBuilder(server) { Scheme = "ws", Path = meeting }.Uri;
        return OpenAsync(join, url, options =>
        {
            options.AddSubProtocol("meet.v1");
            options.AddSubProtocol($"ticket.{join.Ticket}");
        });
    }

    public static async Task<TestClient> OpenAsync(JoinResponse join, Uri url, Action<ClientWebSocketOptions> configure)
    {
        var socket = new ClientWebSocket();
        configure(socket.Options);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(url, default).WaitAsync(TimeSpan.FromSeconds(60));
            return new TestClient(socket, join);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task<JsonObject> JoinAsync(bool resume = false, bool move = false)
    {
        await SendAsync(new { type = "join", participantId = Id, capabilities = new { resume, move } });
        return await ExpectAsync("joined");
    }

    public Task SendAsync(object message) => SendTextAsync(JsonSerializer.Serialize(message, JsonSerializerOptions.Web));

    public Task SendTextAsync(string text) => SendBytesAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendBytesAsync(byte[] bytes, WebSocketMessageType type)
    {
        try
        {
            await _socket.SendAsync(bytes, type, true, default);
        }
        catch (WebSocketException)
        {
            // The server closed the connection first. Tests check the received messages.
        }
    }

    /// <summary>Waits for a message of the type that matches the predicate. Returns the first one.</summary>
    public async Task<JsonObject> ExpectAsync(string type, Func<JsonObject, bool>? predicate = null, TimeSpan? limit = null)
    {
        JsonObject? found = null;
        await Eventually.TrueAsync(
            () => (found = Received.FirstOrDefault(m => (string?)m["type"] == type && (predicate is null || predicate(m)))) is not null,
            () => $"{Join.ParticipantId} receives '{type}'; received: {string.Join(", ", Received.Select(m => (string?)m["type"]))}",
            limit);
        return found!;
    }

    public IReadOnlyList<JsonObject> OfType(string type) => [.. Received.Where(m => (string?)m["type"] == type)];

    public async Task<CloseCode?> ExpectCloseAsync(TimeSpan? limit = null)
    {
        await _reading.WaitAsync(limit ?? TimeSpan.FromSeconds(60));
        return CloseCode;
    }

    /// <summary>Aborts the connection without a close frame.</summary>
    public void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1024 * 1024];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult result;
                do
                {
                    result = await _socket.ReceiveAsync(buffer.AsMemory(length), default);
                    length += result.Count;
                }
                while (!result.EndOfMessage);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
                    return;
                }

                lock (_received)
                {
                    _received.Add(JsonNode.Parse(buffer.AsSpan(0, length))!.AsObject());
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is closed.
        }
    }
}
