using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Stun;
using MeetOperator.Testing;
using MeetOperator.Turn.Control;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Settings;
using MeetOperator.TurnControl;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace MeetOperator.Turn.Tests;

/// <summary>The agent with a real coturn on loopback addresses, as the operator runs it, and one media node: a socket that keeps what arrives.</summary>
public class RunningRelay : IAsyncLifetime
{
    public const string Realm = "meet";
    public const string Secret = "north";
    public const int AllocationsPerCredential = 3;
    private const int AllocationMismatch = 437;
    private const string Host = "relay.meet-default.sfunode.meetoperator.io";
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("meet-turn-").FullName;
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    /// <summary>The media node, which is the only peer that the relay allows.</summary>
    public IPEndPoint MediaNode => (IPEndPoint)MediaSocket.LocalEndPoint!;

    public Socket MediaSocket { get; } = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public IPEndPoint Listener { get; private set; } = null!;

    public IPEndPoint ListenerV6 => new(IPAddress.IPv6Loopback, Listener.Port);

    public TurnControlClient Operator { get; private set; } = null!;

    public Uri Control { get; private set; } = null!;

    internal TestAuthority Authority => _authority;

    /// <summary>The clock of the agent.</summary>
    private protected virtual TimeProvider Time => TimeProvider.System;

    /// <summary>Whether it forwarded to the media node as soon as it said that it was ready.</summary>
    public bool WasUsefulWhenReady { get; private set; }

    /// <summary>The process of coturn.</summary>
    internal int ProcessId => _app.Services.GetRequiredService<RunningCoturn>().ProcessId;

    /// <summary>How a relay for other tests differs.</summary>
    private protected virtual TurnOptions Adapt(TurnOptions options) => options;

    public async Task InitializeAsync()
    {
        MediaSocket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.77"), 0));
        var port = FreePort();
        Listener = new IPEndPoint(IPAddress.Loopback, port);
        var control = new IPEndPoint(IPAddress.Loopback, FreePort());
        Control = new Uri($"https://{control}");
        var options = new TurnOptions
        {
            ControlAddress = control,
            Credentials = TestAuthority.Read(_authority.Node("meet-default", "relay")),
            DataFolder = _folder,
            Realm = Realm,
            ListenAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
            RelayAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
            Port = port,
            AllocationsPerCredential = AllocationsPerCredential,
            AllowLoopbackPeers = true,
        };
        _app = TurnServer.Build(Adapt(options), Time);
        await _app.StartAsync();
        _http = _authority.Http(ControlRole.Operator);
        _http.DefaultRequestHeaders.Add(TermHeader.Name, TermHeader.Write(1));
        Operator = new TurnControlClient(_http, Control, Host);
        await ApplyAsync([Secret], [MediaNode.Address.ToString()]);
        await Eventually.TrueAsync(async () => (await ApplyAsync([Secret], [MediaNode.Address.ToString()])).IsReady, "coturn relays");
        WasUsefulWhenReady = await IsPermittedAsync(MediaNode);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        MediaSocket.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What is added to each state.</summary>
    private protected virtual TurnState Adapt(TurnState state) => state;

    /// <summary>The present state again, as the operator sends it every two seconds.</summary>
    public Task<TurnReport> ReportAsync() => ApplyAsync([Secret], [MediaNode.Address.ToString()]);

    public Task<TurnReport> ApplyAsync(IReadOnlyList<string> secrets, IReadOnlyList<string> peers) => Operator.PutStateAsync(Adapt(new TurnState { Secrets = secrets, Peers = peers }), default);

    /// <summary>The password of a user name.</summary>
    internal static string Password(string username, string secret = Secret) => Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));

    /// <summary>A client with a credential that signaling could have made.</summary>
    internal Task<TurnClient> ClientAsync(string secret = Secret, int seconds = 300, bool isTcp = false, string? realm = null, bool isV6 = false, string? name = null)
    {
        var username = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds}:meeting:{name ?? Guid.NewGuid().ToString("N")}";
        return ConnectAsync(username, Password(username, secret), isTcp, realm, isV6);
    }

    /// <summary>The name of a credential that signaling could have made for a participant of the tenant.</summary>
    internal static string UserOf(string tenant) => $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 300}:{tenant}:meeting:{Guid.NewGuid():N}";

    internal Task<TurnClient> ConnectAsync(string username, string password, bool isTcp = false, string? realm = null, bool isV6 = false) =>
        TurnClient.ConnectAsync(isV6 ? ListenerV6 : Listener, username, password, isTcp, realm, default);

    /// <summary>A client with an allocation.</summary>
    internal async Task<TurnClient> AllocatedAsync(bool isTcp = false, byte? family = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var client = await ClientAsync(isTcp: isTcp);
            var result = await client.AllocateAsync(default, family: family);
            if (result == 0)
            {
                return client;
            }

            client.Dispose();
            Assert.True(result == AllocationMismatch && attempt < 10, $"error {result}"); // The system gave the socket the port of an earlier one, which coturn remembers for some seconds.
        }
    }

    public async Task<bool> IsPermittedAsync(IPEndPoint peer)
    {
        using var client = await AllocatedAsync();
        var permitted = await client.PermitAsync(peer, default) == 0;
        await client.RefreshAsync(0, default);
        return permitted;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
