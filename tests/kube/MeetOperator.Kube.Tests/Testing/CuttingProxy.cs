using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Kube.Tests.Testing;

/// <summary>Forwards TCP on loopback and resets each connection after a random number of response bytes.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;
    private int _cuts;

    public CuttingProxy(Uri target, int seed, int maxBytes)
    {
        _listener.Start();
        _accepting = AcceptAsync(target, new Random(seed), maxBytes);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Cuts => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync(Uri target, Random random, int maxBytes)
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = ForwardAsync(client, target, random.Next(maxBytes));
        }
    }

    private async Task ForwardAsync(TcpClient client, Uri target, int bytesUntilCut)
    {
        using var upstream = new TcpClient();
        using (client)
        {
            try
            {
                await upstream.ConnectAsync(target.Host, target.Port, _stop.Token);
                var requests = client.GetStream().CopyToAsync(upstream.GetStream(), _stop.Token);
                var buffer = new byte[512];
                int read;
                while (bytesUntilCut > 0 && (read = await upstream.GetStream().ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, bytesUntilCut)), _stop.Token)) > 0)
                {
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                    bytesUntilCut -= read;
                }

                client.LingerState = new LingerOption(true, 0);
                upstream.Client.Shutdown(SocketShutdown.Both);
                client.Close();
                await requests.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One side closed the connection, as intended.
            }

            Interlocked.Increment(ref _cuts);
        }
    }
}
