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
