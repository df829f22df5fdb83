using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Signaling.Tests;

/// <summary>One address in front of several servers, as a Service is: each connection goes to the next one that takes it.</summary>
internal sealed class TcpForwarder : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint[] targets;
    private readonly ConcurrentDictionary<TcpClient, byte> open = new();
    private readonly Task accepting;
    private int next = -1;
    private volatile Fault fault;

    public TcpForwarder(params IPEndPoint[] targets)
    {
        this.targets = targets;
        listener.Start();
        accepting = AcceptAsync();
    }

    private enum Fault
    {
        None,
        Refuses,
        Hangs,
    }

    public Uri Address => new($"http://{listener.LocalEndpoint}/");

    /// <summary>From now on every connection breaks.</summary>
    public void Break()
    {
        fault = Fault.Refuses;
        CutAll();
    }

    /// <summary>From now on connections are taken and nothing comes of them.</summary>
    public void Hang()
    {
        fault = Fault.Hangs;
        CutAll();
    }

    public void Mend()
    {
        fault = Fault.None;
        CutAll();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        CutAll();
        await accepting;
    }

    private void CutAll()
    {
        foreach (var client in open.Keys)
        {
            client.Close();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ForwardAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var _ = client;
        open[client] = 0;
        try
        {
            if (fault == Fault.Hangs)
            {
                await client.GetStream().CopyToAsync(Stream.Null);
            }
            else if (fault == Fault.None && await ConnectAsync() is { } server)
            {
                using var __ = server;
                open[server] = 0;
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
                open.TryRemove(server, out var ___);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One side is gone, and with the end of this the other.
        }
        finally
        {
            open.TryRemove(client, out var ____);
        }
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        for (var i = 0; i < targets.Length; i++)
        {
            var server = new TcpClient();
            try
            {
                await server.ConnectAsync(targets[(int)((uint)Interlocked.Increment(ref next) % targets.Length)]);
                return server;
            }
            catch (SocketException)
            {
                server.Dispose();
            }
        }

        return null;
    }
}
