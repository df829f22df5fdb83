using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Simulates the port mapping between clients and a Pod: forwards datagrams from an external address to the Pod's port, with a separate source port for each
/// client, and forwards the responses back. Either direction can be dropped.
/// </summary>
internal sealed class PortMapping : IDisposable
{
    private readonly UdpClient _outside;
    private readonly IPEndPoint _inside;
    private readonly ConcurrentDictionary<IPEndPoint, UdpClient> _clients = new();
    private readonly CancellationTokenSource _stop = new();

    /// <param name="outside">The external address: a loopback address other than the node's. The port is the same, as with a hostPort.</param>
    /// <param name="inside">The node's address.</param>
    /// <param name="port">The port of both.</param>
    public PortMapping(IPAddress outside, IPAddress inside, int port)
    {
        _outside = new UdpClient(new IPEndPoint(outside, port));
        _inside = new IPEndPoint(inside, port);
        _ = InwardsAsync();
    }

    public volatile bool LosesInwards;

    public volatile bool LosesOutwards;

    public void Dispose()
    {
        _stop.Cancel();
        _outside.Dispose();
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private async Task InwardsAsync()
    {
        while (await ReceiveAsync(_outside) is { } datagram)
        {
            if (!LosesInwards)
            {
                var client = _clients.GetOrAdd(datagram.RemoteEndPoint, from =>
                {
                    var mapped = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
                    _ = OutwardsAsync(mapped, from);
                    return mapped;
                });
                await client.SendAsync(datagram.Buffer, _inside);
            }
        }
    }

    private async Task OutwardsAsync(UdpClient mapped, IPEndPoint client)
    {
        while (await ReceiveAsync(mapped) is { } datagram)
        {
            if (!LosesOutwards)
            {
                await _outside.SendAsync(datagram.Buffer, client);
            }
        }
    }

    private async Task<UdpReceiveResult?> ReceiveAsync(UdpClient socket)
    {
        try
        {
            return await socket.ReceiveAsync(_stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            return null;
        }
    }
}
