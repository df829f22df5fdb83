using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>One address in front of several servers, like a Kubernetes Service. Each connection goes to the next server that accepts it.</summary>
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
        Rejects,
        Hangs,
    }

    public Uri Address => new($"http://{listener.LocalEndpoint}/");

    /// <summary>Closes all connections, and rejects new ones until <see cref="Restore"/>.</summary>
    public void Break()
    {
        fault = Fault.Rejects;
        CloseAll();
    }

    /// <summary>Closes all connections, and accepts new ones without forwarding data until <see cref="Restore"/>.</summary>
    public void Hang()
    {
        fault = Fault.Hangs;
        CloseAll();
    }

    public void Restore()
    {
        fault = Fault.None;
        CloseAll();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        CloseAll();
        await accepting;
    }

    private void CloseAll()
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
            // The forwarder was disposed.
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
            // One side closed the connection. Returning closes the other side.
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
