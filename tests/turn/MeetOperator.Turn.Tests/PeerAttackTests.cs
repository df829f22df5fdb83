using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.Turn.Tests;

/// <summary>Where a relay with a good credential must not forward to, with a real coturn.</summary>
public sealed class PeerAttackTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    private const byte V6 = 2;

    public static TheoryData<string> Hosts =>
    [
        "0.0.0.0", "0.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.76", "127.0.0.78", "127.255.255.254", "10.0.0.1", "10.96.0.1", "100.64.0.1", "169.254.169.254", "169.254.0.1", "172.16.0.1",
        "172.31.255.255", "192.0.0.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "1.1.1.1", "8.8.8.8",
    ];

    public static TheoryData<string> V6Hosts =>
    [
        "::", "::1", "::2", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2002:a9fe:a9fe::", "2001::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "ff05::2", "2001:db8::1", "2606:4700:4700::1111",
    ];

    [Theory]
    [MemberData(nameof(Hosts))]
    [Trait("Category", "Abuse")]
    public async Task Relay_PeerThatIsNoMediaNode_IsRefused(string host)
    {
        using var client = await relay.AllocatedAsync();
        await AssertRefusedAsync(client, new IPEndPoint(IPAddress.Parse(host), 80));
    }

    [Theory]
    [MemberData(nameof(V6Hosts))]
    [Trait("Category", "Abuse")]
    public async Task Relay_IPv6PeerThatIsNoMediaNode_IsRefused(string host)
    {
        using var client = await relay.AllocatedAsync(family: V6);
        await AssertRefusedAsync(client, new IPEndPoint(IPAddress.Parse(host), 80));
    }

    /// <summary>coturn 4.18 takes these forms of its address for the media node, as it may, and 4.6 refuses them. Nothing beside the media node must be reached with them.</summary>
    [Theory]
    [InlineData("::ffff:127.0.0.", null)]
    [InlineData("::ffff:127.0.0.", V6)]
    [InlineData("::127.0.0.", null)]
    [InlineData("::127.0.0.", V6)]
    [Trait("Category", "Abuse")]
    public async Task Relay_MediaNodeAsIPv6Address_OpensNothingElse(string form, byte? family)
    {
        using var client = await relay.AllocatedAsync(family: family);
        var result = await client.PermitAsync(new IPEndPoint(IPAddress.Parse($"{form}77"), relay.MediaNode.Port), default);
        Assert.True(result is 0 or 400 or 403 or 443, $"error {result}");
        foreach (var host in (string[])[$"{form}76", $"{form}78", $"{form}1", "::1", "127.0.0.76", "127.0.0.78"])
        {
            await AssertRefusedAsync(client, new IPEndPoint(IPAddress.Parse(host), relay.MediaNode.Port));
        }
    }

    /// <summary>A relay whose clients have an IPv4 allocation must not reach IPv6 peers either.</summary>
    [Theory]
    [MemberData(nameof(V6Hosts))]
    [Trait("Category", "Abuse")]
    public async Task Relay_IPv6PeerOfIPv4Allocation_IsRefused(string host)
    {
        using var client = await relay.AllocatedAsync();
        await AssertRefusedAsync(client, new IPEndPoint(IPAddress.Parse(host), 80));
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Relay_OwnListener_IsRefused()
    {
        using var client = await relay.AllocatedAsync();
        await AssertRefusedAsync(client, relay.Listener);
        using var other = await relay.AllocatedAsync(family: V6);
        await AssertRefusedAsync(other, relay.ListenerV6);
    }

    /// <summary>Two allocations must not be a way between two clients.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Relay_AnotherAllocation_IsRefused()
    {
        using var client = await relay.AllocatedAsync();
        using var other = await relay.AllocatedAsync();
        await AssertRefusedAsync(client, new IPEndPoint(IPAddress.Loopback, other.RelayedPort));
    }

    /// <summary>Browsers do not ask again for a permission that was refused, so their calls would wait for another connection.</summary>
    [Fact]
    public void Relay_Ready_ForwardsToMediaNodeAtOnce() => Assert.True(relay.WasUsefulWhenReady);

    [Fact]
    public async Task Relay_MediaNode_ReceivesDataFromRelay()
    {
        using var client = await relay.AllocatedAsync();
        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));
        var received = await ReceiveAsync(() => client.SendDataAsync(relay.MediaNode, "media"u8.ToArray(), default));
        Assert.Equal("media", received);
    }

    [Fact]
    public async Task Relay_MediaNodeByChannel_IsAllowed()
    {
        using var client = await relay.AllocatedAsync(isTcp: true);
        Assert.Equal(0, await client.BindAsync(relay.MediaNode, default));
    }

    /// <summary>An indication has no response, so what must not happen is that the data arrives.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Send_WithoutPermission_DeliversNothing()
    {
        using var client = await relay.AllocatedAsync();
        await client.SendDataAsync(relay.MediaNode, "no permission"u8.ToArray(), default);
        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));
        Assert.Equal("after", await ReceiveAsync(() => client.SendDataAsync(relay.MediaNode, "after"u8.ToArray(), default)));
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_TcpRelay_IsRefused()
    {
        foreach (var isTcp in (bool[])[false, true])
        {
            using var client = await relay.ClientAsync(isTcp: isTcp);
            Assert.NotEqual(0, await client.AllocateAsync(default, transport: 6));
        }
    }

    /// <summary>CVE-2026-73212: CONNECT did not look at the list of denied peers.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.96.0.1")]
    [InlineData("127.0.0.77")]
    [Trait("Category", "Abuse")]
    public async Task Connect_AnyPeer_IsRefused(string host)
    {
        using var client = await relay.AllocatedAsync(isTcp: true);
        Assert.NotEqual(0, await client.ConnectPeerAsync(new IPEndPoint(IPAddress.Parse(host), 443), default));
    }

    [Fact]
    public async Task Peers_Change_TakesEffectWithoutRestart()
    {
        var added = new IPEndPoint(IPAddress.Parse("127.0.0.88"), 40_000);
        Assert.False(await relay.IsPermittedAsync(added));
        await relay.ApplyAsync([RunningRelay.Secret], [relay.MediaNode.Address.ToString(), added.Address.ToString()]);
        await Eventually.TrueAsync(() => relay.IsPermittedAsync(added), "the new media node is allowed");
        await relay.ApplyAsync([RunningRelay.Secret], [relay.MediaNode.Address.ToString()]);
        await Eventually.TrueAsync(async () => !await relay.IsPermittedAsync(added), "the removed media node is refused");
        Assert.True(await relay.IsPermittedAsync(relay.MediaNode));
    }

    private static async Task AssertRefusedAsync(TurnClient client, IPEndPoint peer)
    {
        Assert.True(await client.PermitAsync(peer, default) is 400 or 403 or 443, $"CreatePermission for {peer} was not refused");
        Assert.True(await client.BindAsync(peer, default) is 400 or 403 or 443, $"ChannelBind for {peer} was not refused");
    }

    private async Task<string> ReceiveAsync(Func<Task> send)
    {
        var buffer = new byte[64];
        var receiving = relay.MediaSocket.ReceiveAsync(buffer, SocketFlags.None);
        await send();
        return Encoding.UTF8.GetString(buffer, 0, await receiving.WaitAsync(TimeSpan.FromSeconds(30)));
    }
}
