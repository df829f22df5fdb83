using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Terms;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class NodeClientsTests
{
    private const string Room = "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01";

    [Fact]
    public async Task Send_ChangeAfterTermEnded_IsNotSent()
    {
        var authority = PolledFleet.NewAuthority();
        await using var node = await PolledFleet.StartNodeAsync("n", authority);
        node.AddRoom(Room, generation: 1);
        using var clients = new NodeClients(new LeaderTerm(() => 7, () => throw new LeadershipLostException(7), static _ => { }), authority, TimeProvider.System);
        var client = clients.Of(PolledFleet.Target(node));

        await Assert.ThrowsAsync<LeadershipLostException>(() => client.DeleteRoomAsync(Room, 1, default));
        await Assert.ThrowsAsync<LeadershipLostException>(() => client.PutRoomAsync(Room, new RoomSpec { Generation = 2 }, default));
        await Assert.ThrowsAsync<LeadershipLostException>(() => client.DrainAsync(true, default));
        await Assert.ThrowsAsync<LeadershipLostException>(() => client.PutCredentialsAsync(authority.IssueFor(new NamespacedName("meet-a", "n")), default));

        Assert.Equal(0, node.Requests);
        Assert.Equal(7, (await client.GetNodeAsync(default)).Term);
    }

    [Fact]
    public async Task Send_TermRaised_SendsNewTerm()
    {
        var authority = PolledFleet.NewAuthority();
        await using var node = await PolledFleet.StartNodeAsync("n", authority);
        var number = 1L;
        using var clients = new NodeClients(new LeaderTerm(() => number, static () => { }, seen => number = seen + 1), authority, TimeProvider.System);
        var client = clients.Of(PolledFleet.Target(node));
        node.Term = 57;

        Assert.Equal("stale-term", (await Assert.ThrowsAsync<NodeControlException>(() => client.DrainAsync(true, default))).Code);
        clients.ObserveTerm(await client.GetNodeAsync(default));
        await client.DrainAsync(true, default);

        Assert.True(node.Draining);
        Assert.Equal(58, node.Term);
    }

    [Fact]
    public async Task Events_EndlessLine_IsAborted()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sent = 0L;
        var serving = Task.Run(async () =>
        {
            using var connection = await listener.AcceptSocketAsync();
            await connection.ReceiveAsync(new byte[4096]);
            await connection.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n{\"type\":\"ready\"}\n\n"));
            var piece = new byte[64 * 1024];
            Array.Fill(piece, (byte)' ');
            while (sent < 1 << 30)
            {
                sent += await connection.SendAsync(piece);
            }
        });
        using var http = new HttpClient();
        var types = new List<string>();

        var rejection = await Assert.ThrowsAsync<NodeControlException>(async () =>
        {
            await foreach (var seen in new NodeControlClient(http, new Uri($"http://{listener.LocalEndpoint}/"), "node").WatchRoomAsync(Room, default))
            {
                types.Add(seen.Type);
            }
        });

        Assert.Equal("answer-too-large", rejection.Code);
        Assert.Equal(["ready"], types);
        await Assert.ThrowsAsync<SocketException>(() => serving.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.InRange(sent, 0, 64L << 20);
    }
}
