using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Exposure;

/// <summary>Which addresses and ports the operator sends requests to.</summary>
public sealed class ExposureTargetsTests
{
    [Fact]
    public void Of_MediaNode_HasEveryAddressAndPort() =>
        Assert.Equal(
            ["203.0.113.7:42000/udp of n", "203.0.113.7:42001/udp of n", "203.0.113.7:42001/tcp of n", "[2001:db8::7]:42000/udp of n", "[2001:db8::7]:42001/udp of n", "[2001:db8::7]:42001/tcp of n"],
            Find(AddressSource.NodeExternalIP, isTrusted: false, "203.0.113.7", "2001:db8::7"));

    /// <summary>A tenant names static addresses. The operator must not show it which ports of the cluster's network are open.</summary>
    [Theory]
    [InlineData("10.96.0.1")]
    [InlineData("192.168.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("fd00::1")]
    [InlineData("::1")]
    [InlineData("169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:10.0.0.1")]
    public void Of_StaticPrivateAddressOfATenant_IsNotMeasured(string address) => Assert.Empty(Find(AddressSource.Static, isTrusted: false, address));

    [Fact]
    public void Of_StaticPrivateAddressOfTheInstallation_IsMeasured() => Assert.Equal(3, Find(AddressSource.Static, isTrusted: true, "10.0.0.7").Count);

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("not an address")]
    public void Of_AddressThatNoMediaNodeHas_IsNotMeasured(string address) => Assert.Empty(Find(AddressSource.Static, isTrusted: true, address));

    [Fact]
    public void Of_AddressOfTheClusterNode_IsMeasuredForATenantToo() => Assert.Equal(3, Find(AddressSource.NodeInternalIP, isTrusted: false, "10.0.0.7").Count);

    [Fact]
    public void Of_RelaysWithTls_TestsTheNameAtTheAddressOfEach()
    {
        var targets = RelayTargets.Of(Relays(AddressSource.NodeExternalIP), isTrusted: false);

        Assert.Equal(
            ["203.0.113.7:3478/udp", "203.0.113.8:3478/udp", "203.0.113.7:443/tcp", "203.0.113.8:443/tcp"],
            targets.Select(target => target.ToString()));
        Assert.Equal([null, null, "relay.example.com", "relay.example.com"], targets.Select(target => target.Host));
    }

    [Fact]
    public void Of_RelaysWithStaticPrivateAddressOfATenant_AreNotMeasured()
    {
        var pool = Relays(AddressSource.Static, "turn:10.0.0.7:3478?transport=udp", "turns:relay.example.com:443?transport=tcp");

        Assert.Empty(RelayTargets.Of(pool, isTrusted: false));
        Assert.Equal(2, RelayTargets.Of(pool, isTrusted: true).Count);
    }

    [Fact]
    public void Of_PoolWithoutStatus_IsEmpty() => Assert.Empty(RelayTargets.Of(new TurnPool { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a" } }, isTrusted: true));

    private static IReadOnlyList<string> Find(AddressSource source, bool isTrusted, params string[] addresses)
    {
        var pool = new SfuPool { Metadata = new ObjectMeta { Name = "p", Namespace = "meet-a" }, Spec = new SfuPoolSpec { Exposure = new SfuExposure { AddressSource = source } } };
        var node = new SfuNode { Metadata = new ObjectMeta { Name = "n", Namespace = "meet-a" }, Spec = new SfuNodeSpec { UdpPorts = [42000, 42001], TcpPort = 42001 }, Status = new SfuNodeStatus { Addresses = addresses } };
        return [.. ExposureTargets.Of(pool, [node], isTrusted).Select(target => target.ToString())];
    }

    private static TurnPool Relays(AddressSource source, params string[] urls) => new()
    {
        Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a" },
        Spec = new TurnPoolSpec { Exposure = new TurnExposure { AddressSource = source } },
        Status = new TurnPoolStatus
        {
            Endpoints = urls.Length > 0 ? urls : ["turn:203.0.113.7:3478?transport=udp", "turn:203.0.113.8:3478?transport=udp", "turns:relay.example.com:443?transport=tcp"],
        },
    };
}
