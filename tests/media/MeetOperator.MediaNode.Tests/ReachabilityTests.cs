using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Checks of reachability at the real ports of a node, as the operator and <c>kubectl meet net check</c> make them.</summary>
public sealed class ReachabilityTests : IAsyncLifetime
{
    private TestNode _node = null!;

    public async Task InitializeAsync() => _node = await TestNode.StartAsync(o => o with
    {
        TcpPort = 0, BindAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback], AdvertisedAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
    });

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1", StunTransport.Udp)]
    [InlineData("::1", StunTransport.Udp)]
    [InlineData("127.0.0.1", StunTransport.IceTcp)]
    [InlineData("::1", StunTransport.IceTcp)]
    public async Task Binding_WithoutCredentials_IsAnsweredWithTheAddressOfTheSender(string address, StunTransport transport)
    {
        var server = new IPEndPoint(IPAddress.Parse(address), transport == StunTransport.Udp ? _node.Host.Loops[0].Port : _node.Host.TcpPort!.Value);

        var result = await BindingExchange.RunAsync(server, transport, null, TimeProvider.System, default);

        Assert.Equal((BindingOutcome.Answered, null), (result.Outcome, result.Detail));
        Assert.Equal(server.Address, result.Mapped!.Address);
        Assert.True((await _node.Control.GetNodeAsync(default)).AnswersBindings);
    }

    /// <summary>The response arrives before the connection ends, and the connection counts neither as an attack nor as one of a client.</summary>
    [Fact]
    public async Task Binding_OverTcp_EndsTheConnectionAfterTheResponse()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(BindingOutcome.Answered, (await BindingExchange.RunAsync(new IPEndPoint(IPAddress.Loopback, _node.Host.TcpPort!.Value), StunTransport.IceTcp, null, TimeProvider.System, default)).Outcome);
        }

        await Eventually.TrueAsync(() => Task.FromResult(_node.Host.Streams.Of(StreamEnd.Answered) == 3), "all connections have ended");
        Assert.Equal((0, 0, 0), (_node.Host.Streams.Of(StreamEnd.NoCheck), _node.Host.Streams.Unauthenticated, _node.Host.Streams.Open));
    }

    /// <summary>A relay forwards what a removed participant sends until its credential ends, so this must lead nowhere.</summary>
    [Fact]
    public async Task Check_OfRemovedParticipant_IsNotAnswered()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var alice = new SyntheticPeer();
        alice.Connect((await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("alice is connected", () => alice.IsConnected, alice);
        using var relayed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await relayed.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _node.Host.Loops[0].Port));
        var (before, after) = (alice.CheckToForge(), alice.CheckToForge());
        await relayed.SendAsync(before);
        await UntilAsync(message => IdOf(message) == IdOf(before));

        await _node.Control.DeleteParticipantAsync("r", "alice", default);

        await relayed.SendAsync(after);
        var question = StunMessage.Binding(); // anybody may ask it
        await relayed.SendAsync(question.Write());
        Assert.DoesNotContain(await UntilAsync(message => question.IsAnsweredBy(message)), message => IdOf(message) == IdOf(after));

        // What arrives, for example media and the end of DTLS, up to the awaited message.
        async Task<IReadOnlyList<byte[]>> UntilAsync(Func<byte[], bool> isAwaited)
        {
            List<byte[]> received = [];
            var buffer = new byte[1500];
            do
            {
                received.Add(buffer[..await relayed.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30))]);
            }
            while (!isAwaited(received[^1]));
            return received;
        }

        static string IdOf(byte[] message) => message.Length < 20 ? string.Empty : Convert.ToHexString(message, 8, 12);
    }

    /// <summary>Datagrams without an answer do not use up what the operator's checks need.</summary>
    [Fact]
    public async Task Binding_DuringAFloodFromElsewhere_IsAnswered()
    {
        using var flood = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        flood.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
        var server = new IPEndPoint(IPAddress.Loopback, _node.Host.Loops[0].Port);
        var request = StunMessage.Binding().Write();
        for (var i = 0; i < 1000; i++)
        {
            flood.SendTo(request, server);
        }

        Assert.Equal(BindingOutcome.Answered, (await BindingExchange.RunAsync(server, StunTransport.Udp, null, TimeProvider.System, default)).Outcome);
    }
}
