using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>One address in front of several servers, like a Kubernetes Service. Each connection goes to the next server that accepts it.</summary>
internal sealed class TcpForwarder : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint[] _targets;

    /// <summary>The open connections. The value is the accepted socket, and null for a connection to the target.</summary>
    private readonly ConcurrentDictionary<TcpClient, Socket?> _open = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _accepting;
    private int _next = -1;
    private volatile Fault _fault;
    private CancellationTokenSource _stall = new();

    public TcpForwarder(params IPEndPoint[] targets)
    {
        _targets = targets;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    private enum Fault
    {
        None,
        Rejects,
        Hangs,
        Vanished,
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>The address of servers that use TLS.</summary>
    public Uri SecureAddress => new($"https://{_listener.LocalEndpoint}/");

    /// <summary>Closes all connections, and rejects new ones until <see cref="Restore"/>.</summary>
    public void Break()
    {
        _fault = Fault.Rejects;
        CloseAll();
    }

    /// <summary>Closes all connections, and accepts new ones without forwarding data until <see cref="Restore"/>.</summary>
    public void Hang()
    {
        _fault = Fault.Hangs;
        CloseAll();
    }

    /// <summary>Stops forwarding on the open connections and leaves them open. New connections work.</summary>
    public void Stall() => Interlocked.Exchange(ref _stall, new CancellationTokenSource()).Cancel();

    /// <summary>Refuses new connections from now on. The open ones go on.</summary>
    public void StopListening() => _listener.Stop();

    /// <summary>
    /// Sends nothing and drops all packets that arrive, as if the machine had lost its power: open connections stay open, and nothing is acknowledged or refused, until <see cref="Restore"/>.
    /// </summary>
    public void Vanish()
    {
        _fault = Fault.Vanished;
        DropAll(_listener.Server);
        foreach (var accepted in _open.Values.OfType<Socket>())
        {
            DropAll(accepted);
        }

        Stall();
    }

    public void Restore()
    {
        if (_fault == Fault.Vanished)
        {
            _listener.Server.SetRawSocketOption(SocketLevel, DetachFilter, new byte[4]);
        }

        _fault = Fault.None;
        CloseAll();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        CloseAll();
        await _accepting;
        await _ended.CancelAsync();
    }

    private const int SocketLevel = 1; // SOL_SOCKET
    private const int AttachFilter = 26; // SO_ATTACH_FILTER
    private const int DetachFilter = 27; // SO_DETACH_FILTER

    /// <summary>Lets the kernel drop every packet for the socket, before TCP sees it.</summary>
    private static void DropAll(Socket socket)
    {
        const long Drop = 0x06; // the instruction BPF_RET | BPF_K with the value 0, in the layout of sock_filter
        var program = Marshal.AllocHGlobal(sizeof(long));
        try
        {
            Marshal.WriteInt64(program, Drop);
            var filter = new byte[16]; // sock_fprog: the number of instructions, and a pointer to them
            BitConverter.TryWriteBytes(filter, (ushort)1);
            BitConverter.TryWriteBytes(filter.AsSpan(8), program.ToInt64());
            socket.SetRawSocketOption(SocketLevel, AttachFilter, filter);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has just been closed.
        }
        finally
        {
            Marshal.FreeHGlobal(program);
        }
    }

    private void CloseAll()
    {
        foreach (var client in _open.Keys)
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
                _ = ForwardAsync(await _listener.AcceptTcpClientAsync());
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
        _open[client] = client.Client;
        try
        {
            if (_fault == Fault.Vanished)
            {
                DropAll(client.Client); // accepted just before
                await Task.Delay(Timeout.Infinite, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else if (_fault == Fault.Hangs)
            {
                await client.GetStream().CopyToAsync(Stream.Null);
            }
            else if (_fault == Fault.None && await ConnectAsync() is { } server)
            {
                using var __ = server;
                _open[server] = null;
                var stalled = Volatile.Read(ref _stall).Token;
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), stalled), server.GetStream().CopyToAsync(client.GetStream(), stalled));
                if (stalled.IsCancellationRequested)
                {
                    await Task.Delay(Timeout.Infinite, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                _open.TryRemove(server, out var ___);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One side closed the connection. Returning closes the other side.
        }
        finally
        {
            _open.TryRemove(client, out var ____);
        }
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        for (var i = 0; i < _targets.Length; i++)
        {
            var server = new TcpClient();
            try
            {
                await server.ConnectAsync(_targets[(int)((uint)Interlocked.Increment(ref _next) % _targets.Length)]);
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
