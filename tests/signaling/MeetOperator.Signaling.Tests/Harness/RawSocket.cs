using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Signaling.Http;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A minimal WebSocket client for misbehavior that regular clients do not support, such as never reading or not responding to pings.</summary>
internal sealed class RawSocket : IDisposable
{
    private readonly TcpClient _tcp = new();

    private RawSocket(int receiveBuffer) => _tcp.ReceiveBufferSize = receiveBuffer;

    public static async Task<RawSocket> OpenAsync(string webSocketUrl, int receiveBuffer = 64 * 1024)
    {
        var url = new Uri(webSocketUrl);
        var socket = new RawSocket(receiveBuffer);
        await socket._tcp.ConnectAsync(url.Host, url.Port);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await socket._tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket._tcp.GetStream().ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        Assert.StartsWith("HTTP/1.1 101", head.ToString(), StringComparison.Ordinal);
        return socket;
    }

    /// <summary>Opens the socket of a participant and joins the meeting, without waiting for the answer.</summary>
    public static async Task<RawSocket> JoinAsync(JoinResponse join, int receiveBuffer = 64 * 1024)
    {
        var socket = await OpenAsync(join.WebSocketUrl, receiveBuffer);
        await socket.SendTextAsync($$"""{"type":"join","participantId":"{{join.ParticipantId}}"}""");
        return socket;
    }

    public Task SendTextAsync(string text) => SendFrameAsync(0x81, text);

    /// <summary>Like <see cref="SendTextAsync"/>, but returns false if the server has closed the connection.</summary>
    public Task<bool> TrySendTextAsync(string text) => TrySendFrameAsync(0x81, text);

    /// <param name="head">First byte of the frame: FIN and opcode (RFC 6455 §5.2).</param>
    /// <param name="text">Payload of the frame.</param>
    public async Task SendFrameAsync(byte head, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)] : [0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length];
        // RFC 6455 §5.3: a mask of zeros leaves the payload unchanged.
        await _tcp.GetStream().WriteAsync((byte[])[head, .. length, 0, 0, 0, 0, .. payload]);
    }

    /// <summary>Sends the head of a frame of <paramref name="length"/> bytes, 126 to 65,535, without its payload.</summary>
    public async Task SendHeadOfFrameAsync(byte head, int length) =>
        await _tcp.GetStream().WriteAsync((byte[])[head, 0x80 | 126, (byte)(length >> 8), (byte)length, 0, 0, 0, 0]);

    /// <summary>Sends bytes as they are. Returns false if the server has closed the connection.</summary>
    public async Task<bool> TrySendBytesAsync(byte[] bytes)
    {
        try
        {
            await _tcp.GetStream().WriteAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Discards what the server has sent. Returns true if the server has closed the connection.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            var buffer = new byte[4096];
            while (_tcp.Client.Poll(0, SelectMode.SelectRead))
            {
                if (await _tcp.GetStream().ReadAsync(buffer) == 0)
                {
                    return true;
                }
            }

            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Like <see cref="SendFrameAsync"/>, but returns false if the server has closed the connection.</summary>
    public async Task<bool> TrySendFrameAsync(byte head, string text)
    {
        try
        {
            await SendFrameAsync(head, text);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Returns true if the server has closed the connection.</summary>
    public bool IsClosed()
    {
        try
        {
            return _tcp.Client.Poll(0, SelectMode.SelectRead) && _tcp.Client.Available == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Reads until the server closes the connection.</summary>
    public async Task ReadToEndAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await _tcp.GetStream().ReadAsync(buffer) > 0)
        {
        }
    }

    public void Dispose() => _tcp.Dispose();
}
