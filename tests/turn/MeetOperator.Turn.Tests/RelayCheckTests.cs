using System.Net;
using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.Turn.Tests;

/// <summary>How the operator and <c>kubectl meet</c> check a relay, with a real coturn.</summary>
public sealed class RelayCheckTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    [Theory]
    [InlineData(StunTransport.Udp)]
    [InlineData(StunTransport.Tcp)]
    public async Task Binding_WithoutCredential_IsAnsweredAndTakesNoAllocation(StunTransport transport)
    {
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 0, "no client has an allocation");
        for (var i = 0; i < 50; i++)
        {
            var result = await BindingExchange.RunAsync(relay.Listener, transport, null, TimeProvider.System, default);
            Assert.Equal((BindingOutcome.Answered, IPAddress.Loopback), (result.Outcome, result.Mapped?.Address));
        }

        Assert.Equal(0, (await relay.ReportAsync()).Allocations);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PingPeer_ThroughTheRelay_ReachesTheMediaNode(bool isTcp)
    {
        using var client = await relay.AllocatedAsync(isTcp);
        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));
        var answering = AnswerAsync();

        Assert.True(await client.PingPeerAsync(relay.MediaNode, default));

        await client.RefreshAsync(0, default);
        await answering;
    }

    [Fact]
    public async Task PingPeer_SilentMediaNode_ReturnsFalse()
    {
        using var client = await relay.AllocatedAsync();
        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));

        Assert.False(await client.PingPeerAsync(relay.MediaNode, default));

        await client.RefreshAsync(0, default);
    }

    /// <summary>Loses the first request, and answers the second one.</summary>
    private async Task AnswerAsync()
    {
        var buffer = new byte[2048];
        for (var number = 0; number < 2; number++)
        {
            var received = await relay.MediaSocket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
            if (number == 1)
            {
                await relay.MediaSocket.SendToAsync(ScriptedPeer.Success(buffer[..received.ReceivedBytes]), received.RemoteEndPoint);
            }
        }
    }
}
