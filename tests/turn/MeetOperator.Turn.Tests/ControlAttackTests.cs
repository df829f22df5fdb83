using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Testing;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Tests;

/// <summary>Who must not use the control port of the agent, or take it from the operator.</summary>
public sealed class ControlAttackTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Control_WithoutOperatorCertificate_IsRefused()
    {
        foreach (var role in (ControlRole[])[ControlRole.Signaling, ControlRole.Metrics])
        {
            using var http = relay.Authority.Http(role);
            http.DefaultRequestHeaders.Add(TermHeader.Name, TermHeader.Write(9));
            var client = new TurnControlClient(http, relay.Control, "relay.meet-default.sfunode.meetoperator.io");
            var refused = await Assert.ThrowsAsync<NodeControlException>(() => client.PutStateAsync(new TurnState { Secrets = ["mine"], Peers = ["10.0.0.1"] }, default));
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.Status);
        }
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Control_FormerLeader_IsRefused()
    {
        using var http = relay.Authority.Http(ControlRole.Operator);
        http.DefaultRequestHeaders.Add(TermHeader.Name, TermHeader.Write(0));
        var client = new TurnControlClient(http, relay.Control, "relay.meet-default.sfunode.meetoperator.io");
        await Assert.ThrowsAsync<NodeControlException>(() => client.PutStateAsync(new TurnState { Secrets = ["mine"], Peers = [] }, default));
    }

    [Theory]
    [InlineData("0.0.0.0-255.255.255.255")]
    [InlineData("10.0.0.0/8")]
    [InlineData("media.example.com")]
    [InlineData("127.1")]
    [Trait("Category", "Abuse")]
    public async Task Control_PeerThatIsNoAddress_IsRefused(string peer) =>
        await Assert.ThrowsAsync<NodeControlException>(() => relay.ApplyAsync([RunningRelay.Secret], [peer]));

    /// <summary>The body of a stranger would be read first, if its rights were looked at afterwards.</summary>
    [Theory]
    [InlineData("v1/turn")]
    [InlineData("V1/TURN")]
    [InlineData("v1/turn/")]
    [InlineData("v1/turn/credentials")]
    [Trait("Category", "Abuse")]
    public async Task Control_StrangerWithBody_IsRefusedBeforeItIsRead(string path)
    {
        using var http = relay.Authority.Http(ControlRole.Signaling);
        http.DefaultRequestHeaders.Host = "relay.meet-default.sfunode.meetoperator.io";
        using var broken = new StringContent("{", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PutAsync(new Uri(relay.Control, path), broken)).StatusCode);
    }

    /// <summary>More connections than the port serves without a certificate, from one address, which is also the operator's.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Control_ManyConnectionsWithoutCertificate_LeaveRoomForOperator()
    {
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                strangers.Add(stranger);
                await stranger.ConnectAsync(new IPEndPoint(IPAddress.Loopback, relay.Control.Port));
            }

            using var http = relay.Authority.Http(ControlRole.Operator);
            http.DefaultRequestHeaders.Add(TermHeader.Name, TermHeader.Write(1));
            var client = new TurnControlClient(http, relay.Control, "relay.meet-default.sfunode.meetoperator.io");
            var report = await client.PutStateAsync(new TurnState { Secrets = [RunningRelay.Secret], Peers = [relay.MediaNode.Address.ToString()] }, default).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.True(report.IsReady);
        }
        finally
        {
            strangers.ForEach(stranger => stranger.Dispose());
        }
    }

    [Fact]
    public async Task Client_RefusedState_ThrowsWithReason()
    {
        var refused = await Assert.ThrowsAsync<NodeControlException>(() => relay.ApplyAsync([RunningRelay.Secret], ["10.0.0.0/8"]));
        Assert.Contains("'10.0.0.0/8' is not an IP address", refused.Message, StringComparison.Ordinal);
    }
}
