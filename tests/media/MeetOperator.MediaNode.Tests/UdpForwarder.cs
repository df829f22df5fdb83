using System.Net;
using System.Net.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A path on loopback for one direction: passes on datagrams from any sender to one port, records them, and can be cut.</summary>
internal sealed class UdpForwarder : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
    private readonly List<byte[]> _captured = [];
    private readonly Task _running;
    private volatile bool _isCut;

    internal UdpForwarder(int port)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _running = RunAsync(new IPEndPoint(IPAddress.Loopback, port));
    }

    internal TransportAddress Address => TransportAddress.FromIPEndPoint((IPEndPoint)_socket.LocalEndPoint!);

    internal bool IsCut
    {
        get => _isCut;
        set => _isCut = value;
    }

    /// <summary>Every how many datagrams of more than 500 bytes, which are media, one is lost; 0 for none.</summary>
    internal int LosesMediaEvery { get; init; }

    /// <summary>All datagrams so far, also those that were not passed on.</summary>
    internal byte[][] Captured
    {
        get
        {
            lock (_captured)
            {
                return [.. _captured];
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _running.Wait();
    }

    private async Task RunAsync(IPEndPoint to)
    {
        var buffer = new byte[2000];
        var media = 0;
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer);
                lock (_captured)
                {
                    _captured.Add(buffer[..length]);
                }

                var isLost = LosesMediaEvery > 0 && length > 500 && ++media % LosesMediaEvery == 0;
                if (!_isCut && !isLost)
                {
                    await _socket.SendToAsync(buffer.AsMemory(0, length), to);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
