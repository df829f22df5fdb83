using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPeersTests
{
    private static IReadOnlyList<string> Select(string address, PeerOrigin origin = PeerOrigin.Cluster, bool allowLoopback = false) => TurnPeers.Select([new TurnPeer(address, origin)], allowLoopback);

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("10.0.0.7")]
    [InlineData("192.168.1.7")]
    [InlineData("2a00:1450::7")]
    [InlineData("fd12::7")]
    public void Select_AddressOfMediaNode_IsAllowed(string address) => Assert.Equal([address], Select(address));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::")]
    [InlineData("2001:0:1::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("media.example.com")]
    [InlineData("10.0.0.0-10.0.0.255")]
    [InlineData("10.0.0.0/8")]
    [InlineData("")]
    public void Select_AddressThatNoMediaNodeHas_IsLeftOut(string address) => Assert.Empty(Select(address));

    /// <summary>Otherwise a tenant could open any host of the cluster to its participants with one SfuPool.</summary>
    [Theory]
    [InlineData("10.96.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd12::7")]
    public void Select_PrivateAddressChosenByTenant_IsLeftOut(string address) => Assert.Empty(Select(address, PeerOrigin.OwnTenant));

    [Fact]
    public void Select_PublicAddressChosenByTenantOfTheRelays_IsAllowed() => Assert.Equal(["203.0.113.7"], Select("203.0.113.7", PeerOrigin.OwnTenant));

    /// <summary>Otherwise a tenant could have the relays of everybody send to somebody else's server.</summary>
    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.7")]
    public void Select_AddressChosenByAnotherTenant_IsLeftOut(string address) => Assert.Empty(Select(address, PeerOrigin.OtherTenant));

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("224.0.0.1")]
    [InlineData("127.0.0.1")]
    public void Select_ForbiddenAddressChosenByInstallation_IsLeftOut(string address) => Assert.Empty(Select(address, PeerOrigin.Installation));

    [Fact]
    public void Select_PrivateAddressChosenByInstallation_IsAllowed() => Assert.Equal(["10.0.0.7"], Select("10.0.0.7", PeerOrigin.Installation));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Select_LoopbackInEmbeddedInstallation_IsAllowed(string address) => Assert.Equal([address], Select(address, PeerOrigin.OwnTenant, allowLoopback: true));

    [Fact]
    public void Select_Always_SortsWithoutDuplicatesInUsualForm() =>
        Assert.Equal(["10.0.0.1", "2001:db8::1"], TurnPeers.Select([new("2001:DB8:0::1", PeerOrigin.Cluster), new("10.0.0.1", PeerOrigin.Cluster), new("2001:db8::1", PeerOrigin.Installation)], allowLoopback: false));
}
