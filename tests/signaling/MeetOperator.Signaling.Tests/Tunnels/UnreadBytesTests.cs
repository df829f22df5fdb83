using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Hosting;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tunnels;

namespace MeetOperator.Signaling.Tests.Tunnels;

/// <summary>How much memory a client takes that sends faster than the server reads.</summary>
public sealed class UnreadBytesTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _cluster.Connectivity = new ConnectivityRule { Tunnel = TunnelAccess.LastResort };
        await _cluster.SetTunnelAsync(TunnelAccess.LastResort);
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { Timings = options.Timings with { NodeCallTimeout = TimeSpan.FromMinutes(2), PingInterval = TimeSpan.FromMilliseconds(100) } });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>While the media node does not answer, nobody reads the connection of a tunnel.</summary>
    [Fact]
    public async Task Flood_ServerDoesNotRead_ProcessTakesLittle()
    {
        var meeting = (await _signaling.CreateAsync()).MeetingId;
        var join = await _signaling.JoinAsync(meeting, "Ann");
        _node.Hang();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, _signaling.Address.Port);
        await client.SendAsync(Request(join, meeting, "any"));

        var sent = Flood(client, TimeSpan.FromSeconds(20), new byte[16 * 1024]);

        Assert.InRange(sent - Queued(client), SignalingHost.MaxUnreadBytes / 2, 2 * SignalingHost.MaxUnreadBytes);
        _node.Resume();
    }

    /// <summary>A message that is said to be long, of a client that sends faster than it may.</summary>
    [Fact]
    public async Task Flood_LongMessageOnTunnel_ProcessReadsNoFasterThanThePace()
    {
        using var client = await OpenAsync();
        await client.SendAsync(Convert.FromHexString("82FF000000000100000000000000")); // a binary message of 16 MiB, masked with 0

        AssertPaced(client, new byte[16 * 1024]);
    }

    /// <summary>Pings are answered before anybody sees them.</summary>
    [Fact]
    public async Task Flood_PingsOnTunnel_ProcessReadsNoFasterThanThePace()
    {
        using var client = await OpenAsync();
        byte[] ping = [0x89, 0x80 | 125, 0, 0, 0, 0, .. new byte[125]]; // masked with 0
        using var ends = new CancellationTokenSource();
        var answers = DiscardAsync(client, ends.Token);

        AssertPaced(client, [.. Enumerable.Repeat(ping, 100).SelectMany(one => one)]);

        await ends.CancelAsync();
        await answers;
    }

    private static void AssertPaced(Socket client, byte[] block)
    {
        var began = TimeProvider.System.GetTimestamp();
        var read = Flood(client, TimeSpan.FromSeconds(2), block) - Queued(client);
        Assert.InRange(read, 1, ((1 + TimeProvider.System.GetElapsedTime(began).TotalSeconds) * TunnelPace.BytesPerSecond) + (4 * SignalingHost.MaxUnreadBytes));
    }

    private static async Task DiscardAsync(Socket client, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await client.ReceiveAsync(buffer, ct) > 0)
            {
                // Only what is read matters.
            }
        }
        catch (OperationCanceledException)
        {
            // The test has seen enough.
        }
    }

    /// <summary>Opens a tunnel to a media node that reads all.</summary>
    private async Task<Socket> OpenAsync()
    {
        _node.ServeTunnel = async tunnel =>
        {
            var buffer = new byte[64 * 1024];
            while (await tunnel.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: not WebSocketMessageType.Close })
            {
                // Read on.
            }
        };
        var meeting = (await _signaling.CreateAsync()).MeetingId;
        await using var publisher = await _signaling.EnterAsync(meeting, "Publisher");
        await publisher.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>() });
        await publisher.ExpectAsync("answer");
        await using var ann = await _signaling.EnterAsync(meeting, "Ann");
        var session = (string)(await ann.ExpectAsync("offer"))["sessionId"]!;
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, _signaling.Address.Port);
        await client.SendAsync(Request(ann.Join, meeting, session));
        var answer = new byte[4096];
        Assert.StartsWith("HTTP/1.1 101", Encoding.ASCII.GetString(answer, 0, await client.ReceiveAsync(answer)), StringComparison.Ordinal);
        return client;
    }

    private byte[] Request(JoinResponse join, string meeting, string session) => Encoding.ASCII.GetBytes(
        $"GET /meetings/{meeting}/tunnel?session={session} HTTP/1.1\r\nHost: {_signaling.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: meet.v1, ticket.{join.Ticket}\r\n\r\n");

    /// <summary>Sends for so long, or until nothing more is taken for a second. Returns the number of bytes.</summary>
    private static long Flood(Socket client, TimeSpan time, byte[] block)
    {
        var began = TimeProvider.System.GetTimestamp();
        var sent = 0L;
        client.Blocking = false;
        while (TimeProvider.System.GetElapsedTime(began) < time && client.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite))
        {
            var taken = client.Send(block.AsSpan((int)(sent % block.Length)), SocketFlags.None, out var error);
            Assert.True(error is SocketError.Success or SocketError.WouldBlock, $"{error}");
            sent += Math.Max(0, taken);
        }

        return sent;
    }

    /// <summary>The bytes of a connection that wait in the kernel, on both sides of it.</summary>
    private static long Queued(Socket client) => Queued(((IPEndPoint)client.LocalEndPoint!).Port, ((IPEndPoint)client.RemoteEndPoint!).Port);

    private static long Queued(int client, int server) =>
        File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Sum(
            fields => (Port(fields[1]), Port(fields[2])) switch
            {
                var (local, remote) when (local, remote) == (client, server) => Bytes(fields[4].Split(':')[0]),
                var (local, remote) when (local, remote) == (server, client) => Bytes(fields[4].Split(':')[1]),
                _ => 0,
            });

    private static int Port(string address) => (int)Bytes(address.Split(':')[1]);

    private static long Bytes(string hex) => long.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
