using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Exposure;
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

    /// <summary>status.addresses may be older than spec.exposure: a tenant names a private address, and then another source.</summary>
    [Fact]
    public void Of_PrivateAddressThatNoClusterNodeHas_IsNotMeasuredForATenant() => Assert.Empty(Find(AddressSource.PodIP, isTrusted: false, "10.96.0.1"));

    [Fact]
    public void Of_AddressOfThePod_IsMeasuredForATenantToo() => Assert.Equal(3, Find(AddressSource.PodIP, isTrusted: false, "10.1.0.7").Count);

    [Fact]
    public void Of_OneAddressInTwoSpellings_IsMeasuredOnce() => Assert.Equal(3, Find(AddressSource.Static, isTrusted: false, "2001:db8::1", "2001:DB8::0001", "2001:db8::1").Count);

    /// <summary>Only the external address of a cluster node shows that the network leads from inside to such addresses: anything may answer behind another one.</summary>
    [Fact]
    public void Of_ExternalAddressOfAClusterNode_NamesTheClusterNode()
    {
        Assert.Equal(["w1"], Machines(AddressSource.NodeExternalIP, "203.0.113.7"));
        Assert.Equal([null], Machines(AddressSource.Static, "203.0.113.99"));
        Assert.Equal(["w1"], RelayTargets.Of(Relays(AddressSource.NodeExternalIP, "turn:203.0.113.7:3478?transport=udp"), isTrusted: false, Known, []).Select(target => target.Machine));
    }

    [Fact]
    public void Of_AddressOfTheClusterNode_IsMeasuredForATenantToo() => Assert.Equal(3, Find(AddressSource.NodeInternalIP, isTrusted: false, "10.0.0.7").Count);

    [Fact]
    public void Of_RelaysWithTls_TestsTheNameAtTheAddressOfEach()
    {
        var targets = RelayTargets.Of(Relays(AddressSource.NodeExternalIP), isTrusted: false, Known, []);

        Assert.Equal(
            ["203.0.113.7:3478/udp", "203.0.113.8:3478/udp", "203.0.113.7:443/tcp", "203.0.113.8:443/tcp"],
            targets.Select(target => target.ToString()));
        Assert.Equal([null, null, "relay.example.com", "relay.example.com"], targets.Select(target => target.Host));
    }

    [Fact]
    public void Of_RelaysWithStaticPrivateAddressOfATenant_AreNotMeasured()
    {
        var pool = Relays(AddressSource.Static, "turn:10.0.0.7:3478?transport=udp", "turns:relay.example.com:443?transport=tcp");

        Assert.Empty(RelayTargets.Of(pool, isTrusted: false, Known, []));
        Assert.Equal(2, RelayTargets.Of(pool, isTrusted: true, Known, []).Count);
    }

    [Fact]
    public void Of_PoolWithoutStatus_IsEmpty() => Assert.Empty(RelayTargets.Of(new TurnPool { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a" } }, isTrusted: true, Known, []));

    private static readonly Pod Pod = new() { Status = new PodStatus { PodIp = "10.1.0.7", HostIp = "10.0.0.7" } };

    private static readonly KnownAddresses Known = new(
    [
        new Node
        {
            Metadata = new ObjectMeta { Name = "w1" },
            Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = "10.0.0.7" }, new NodeAddress { Type = "ExternalIP", Address = "203.0.113.7" }, new NodeAddress { Type = "Hostname", Address = "w1" }] },
        },
    ]);

    private static IReadOnlyList<string> Find(AddressSource source, bool isTrusted, params string[] addresses) => [.. Targets(source, isTrusted, addresses).Select(target => target.ToString())];

    private static IEnumerable<string?> Machines(AddressSource source, string address) => Targets(source, isTrusted: false, address).Select(target => target.Machine).Distinct();

    private static IReadOnlyList<ExposureTarget> Targets(AddressSource source, bool isTrusted, params string[] addresses)
    {
        var pool = new SfuPool { Metadata = new ObjectMeta { Name = "p", Namespace = "meet-a" }, Spec = new SfuPoolSpec { Exposure = new SfuExposure { AddressSource = source } } };
        var node = new SfuNode { Metadata = new ObjectMeta { Name = "n", Namespace = "meet-a" }, Spec = new SfuNodeSpec { UdpPorts = [42000, 42001], TcpPort = 42001 }, Status = new SfuNodeStatus { Addresses = addresses } };
        return ExposureTargets.Of(pool, [(node, Pod)], Known, isTrusted);
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
