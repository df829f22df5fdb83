using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Turn.Tests;

/// <summary>A UDP port that answers requests as a test says.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    /// <param name="answer">The datagrams to send in response to a request with a number, from 0.</param>
    /// <param name="from">The socket that sends them; null for the one that receives.</param>
    /// <param name="at">Where it listens; null for a free port.</param>
    public ScriptedPeer(Func<int, byte[], IReadOnlyList<byte[]>> answer, Socket? from = null, IPEndPoint? at = null)
    {
        _socket.Bind(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        Server = (IPEndPoint)_socket.LocalEndPoint!;
        _ = AnswerAsync(answer, from ?? _socket);
    }

    public IPEndPoint Server { get; }

    /// <summary>A port that answers every request, like that of a media node.</summary>
    public static ScriptedPeer Answering(IPEndPoint? at = null) => new((_, request) => [Success(request)], at: at);

    /// <summary>The success response that says that the request came from 198.51.100.7:4711.</summary>
    public static byte[] Success(byte[] request)
    {
        var response = new byte[32];
        BinaryPrimitives.WriteUInt16BigEndian(response, 0x0101);
        BinaryPrimitives.WriteUInt16BigEndian(response.AsSpan(2), 12);
        request.AsSpan(4, 16).CopyTo(response.AsSpan(4));
        byte[] attribute = [0, 0x20, 0, 8, 0, 1, 0x12 ^ 0x21, 0x67 ^ 0x12, 198 ^ 0x21, 51 ^ 0x12, 100 ^ 0xA4, 7 ^ 0x42];
        attribute.CopyTo(response, 20);
        return response;
    }

    public void Dispose() => _socket.Dispose();

    private async Task AnswerAsync(Func<int, byte[], IReadOnlyList<byte[]>> answer, Socket from)
    {
        var buffer = new byte[2048];
        try
        {
            for (var number = 0; ; number++)
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                foreach (var datagram in answer(number, buffer[..received.ReceivedBytes]))
                {
                    await from.SendToAsync(datagram, received.RemoteEndPoint);
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
