using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Turn.Tests;

/// <summary>Sends back every datagram, at two ports in a row, because <c>turnutils_uclient</c> sends to the port that it is given or to the next one.</summary>
internal sealed class Echo : IDisposable
{
    private readonly Socket[] _sockets;

    public Echo(IPAddress address)
    {
        while (true)
        {
            var first = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            var second = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                first.Bind(new IPEndPoint(address, 0));
                Port = ((IPEndPoint)first.LocalEndPoint!).Port;
                second.Bind(new IPEndPoint(address, Port + 1));
                _sockets = [first, second];
                break;
            }
            catch (Exception taken) when (taken is SocketException or ArgumentOutOfRangeException)
            {
                first.Dispose();
                second.Dispose();
            }
        }

        foreach (var socket in _sockets)
        {
            _ = AnswerAsync(socket);
        }
    }

    /// <summary>The lower port.</summary>
    public int Port { get; }

    public void Dispose() => Array.ForEach(_sockets, socket => socket.Dispose());

    private static async Task AnswerAsync(Socket socket)
    {
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await socket.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
