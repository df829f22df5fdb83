using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>Connections to a media node whose machine vanishes: packets are dropped, and nothing is refused.</summary>
public sealed class SilentConnectionTests : IAsyncLifetime
{
    private const string Room = "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01";

    /// <summary>The kernel alone would take a quarter of an hour.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly TestAuthority _authority = new();
    private SimulatedMediaNode _node = null!;
    private TcpForwarder _link = null!;

    public async Task InitializeAsync()
    {
        _node = await SimulatedMediaNode.StartAsync("n1", _authority.Node("ns", "n1"));
        _node.AddRoom(Room, generation: 1);
        _link = new TcpForwarder(new IPEndPoint(IPAddress.Loopback, _node.Address.Port));
    }

    public async Task DisposeAsync()
    {
        await _link.DisposeAsync();
        await _node.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task Request_ConnectionIsOpen_FailsWithinSeconds()
    {
        using var http = Http(TimeSpan.FromSeconds(10));
        var client = Client(http);
        await client.GetRoomAsync(Room, default);
        _link.Vanish();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => client.PutParticipantAsync(Room, "ann", new ParticipantSpec { Generation = 1 }, default).WaitAsync(Soon));

        Assert.Equal(SocketError.TimedOut, SocketErrorOf(error));
    }

    [Fact]
    public async Task Stream_NothingIsSent_EndsWithinSeconds()
    {
        using var http = Http(TimeSpan.FromSeconds(10));
        await using var events = Client(http).WatchRoomAsync(Room, default).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        _link.Vanish();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => events.MoveNextAsync().AsTask().WaitAsync(Soon));

        Assert.Equal(SocketError.TimedOut, SocketErrorOf(error));
    }

    [Fact]
    public async Task Connect_MachineVanished_IsDistinguishedFromProcessThatStandsStill()
    {
        using var http = Http(TimeSpan.FromMilliseconds(500));
        using var still = new TcpListener(IPAddress.Loopback, 0);
        still.Start();
        _link.Vanish();

        var vanished = await Assert.ThrowsAnyAsync<Exception>(() => Client(http).GetRoomAsync(Room, default).WaitAsync(Soon));
        var standsStill = await Assert.ThrowsAnyAsync<Exception>(() => Client(http, new Uri($"https://{still.LocalEndpoint}/")).GetRoomAsync(Room, default).WaitAsync(Soon));

        Assert.Equal(SocketError.TimedOut, SocketErrorOf(vanished));
        Assert.Null(SocketErrorOf(standsStill));
        Assert.IsAssignableFrom<OperationCanceledException>(standsStill);
    }

    private static SocketError? SocketErrorOf(Exception? error) => error is null or SocketException ? (error as SocketException)?.SocketErrorCode : SocketErrorOf(error.InnerException);

    private NodeControlClient Client(HttpClient http, Uri? address = null) => new(http, address ?? _link.SecureAddress, ControlNames.OfNode("ns", "n1"));

    private HttpClient Http(TimeSpan connectTimeout)
    {
        var credentials = TestAuthority.Read(_authority.Caller(ControlRole.Signaling));
        return new HttpClient(ControlTls.Client(() => credentials, connectTimeout, TimeProvider.System)) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
