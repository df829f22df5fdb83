using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MeetOperator.MediaNode.Control;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.MediaNode.Tests;

/// <summary>An attacker without a client certificate holds connections to the control port open.</summary>
public sealed class ControlFloodTests : IAsyncLifetime
{
    private const int More = 40;

    /// <summary>Without the limit, Kestrel keeps an idle connection open for 130 s after the handshake.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(60);
    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.9");
    private readonly List<TcpClient> _held = [];
    private TestNode _node = null!;

    public async Task InitializeAsync() => _node = await TestNode.StartAsync();

    public async Task DisposeAsync()
    {
        _held.ForEach(connection => connection.Dispose());
        await _node.DisposeAsync();
    }

    public static TheoryData<bool> Handshakes => [false, true];

    [Theory]
    [MemberData(nameof(Handshakes))]
    public async Task Connections_WithoutCertificateAboveLimit_AreClosed(bool withHandshake)
    {
        using var kept = Client();
        await kept.Calls.GetNodeAsync(default);
        for (var number = 0; number < ControlServer.MaxUnauthenticatedConnections + More; number++)
        {
            await HoldAsync(withHandshake);
        }

        // The node closed the oldest connections, so a read returns.
        await Task.WhenAll(_held.Take(More).Select(connection => EndedAsync(connection, TimeSpan.FromSeconds(5)))); // The handshake timeout is 10 s.
        Assert.All(_held.TakeLast(More), connection => Assert.False(connection.Client.Poll(0, SelectMode.SelectRead) && connection.Available == 0));
        await kept.Calls.GetNodeAsync(default);
    }

    /// <summary>Every request uses a new connection while the attacker exceeds the limit and opens more connections.</summary>
    [Fact]
    public async Task TrustedClients_DuringAConnectionFlood_Connect()
    {
        using var stop = new CancellationTokenSource();
        using var oldest = await ConnectAsync(withHandshake: true);
        var flood = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await HoldAsync(withHandshake: false);
            }
        });
        try
        {
            await EndedAsync(oldest, CloseTimeout);
            for (var call = 0; call < 20; call++)
            {
                using var fresh = Client();
                Assert.Equal(TestNode.Name, (await fresh.Calls.GetNodeAsync(default)).Node);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await flood;
        }
    }

    private Caller Client()
    {
        var http = TestNode.Authority.Http(ControlRole.Operator);
        return new Caller(http, new NodeControlClient(http, _node.Address, ControlNames.OfNode(TestNode.Namespace, TestNode.Name)));
    }

    private async Task HoldAsync(bool withHandshake)
    {
        if (_held.Count > 4 * ControlServer.MaxUnauthenticatedConnections)
        {
            _held[0].Dispose();
            _held.RemoveAt(0);
        }

        _held.Add(await ConnectAsync(withHandshake));
    }

    private async Task<TcpClient> ConnectAsync(bool withHandshake)
    {
        var connection = new TcpClient(new IPEndPoint(Attacker, 0)) { LingerState = new LingerOption(true, 0) };
        await connection.ConnectAsync(IPAddress.Loopback, _node.Address.Port);
        if (withHandshake)
        {
            var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: true, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync("node");
        }

        return connection;
    }

    private static async Task EndedAsync(TcpClient connection, TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within);
        var buffer = new byte[1024];
        try
        {
            while (await connection.GetStream().ReadAsync(buffer, timeout.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Connection reset.
        }
    }

    private sealed record Caller(HttpClient Http, NodeControlClient Calls) : IDisposable
    {
        public void Dispose() => Http.Dispose();
    }
}
