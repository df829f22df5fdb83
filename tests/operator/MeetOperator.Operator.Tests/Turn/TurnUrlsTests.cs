using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnUrlsTests
{
    private static readonly Pod Pod = new() { Status = new PodStatus { HostIp = "10.0.0.4", PodIp = "10.1.0.4" } };
    private static readonly Node Node = new() { Status = new NodeStatus { Addresses = [new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" }] } };

    private static TurnPoolSpec Spec(AddressSource source, params string[] addresses) => new() { Exposure = new TurnExposure { AddressSource = source, StaticAddresses = addresses } };

    [Fact]
    public void Of_ExternalAddress_NamesBothProtocols() =>
        Assert.Equal(["turn:198.51.100.4:3478?transport=udp", "turn:198.51.100.4:3478?transport=tcp"], TurnUrls.Of(Spec(AddressSource.NodeExternalIP), Pod, Node, null));

    [Fact]
    public void Of_InternalAddress_NeedsNoClusterNode() => Assert.Equal("turn:10.0.0.4:3478?transport=udp", TurnUrls.Of(Spec(AddressSource.NodeInternalIP), Pod, null, null)[0]);

    [Fact]
    public void Of_InternalAddressesOfBothFamilies_NamesBoth() =>
        Assert.Equal(
            ["turn:10.0.0.4:3478?transport=udp", "turn:[fd00::4]:3478?transport=udp"],
            TurnUrls.Of(Spec(AddressSource.NodeInternalIP), Pod, new Node { Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = "10.0.0.4" }, new NodeAddress { Type = "InternalIP", Address = "fd00::4" }] } }, null).Take(2));

    [Fact]
    public void Of_AddressNotKnownYet_IsEmpty() => Assert.Empty(TurnUrls.Of(Spec(AddressSource.NodeExternalIP), Pod, null, null));

    [Fact]
    public void Of_StaticAddresses_NamesTheFirstTwoWithIPv6InBrackets() =>
        Assert.Equal(
            ["turn:203.0.113.7:3478?transport=udp", "turn:[2001:db8::7]:3478?transport=udp", "turn:203.0.113.7:3478?transport=tcp", "turn:[2001:db8::7]:3478?transport=tcp"],
            TurnUrls.Of(Spec(AddressSource.Static, "203.0.113.7", "2001:db8::7", "203.0.113.8"), Pod, null, null));

    [Fact]
    public void Of_Tls_NamesTheHostOnceAndLast()
    {
        var spec = Spec(AddressSource.Static, "203.0.113.7", "2001:db8::7") with
        {
            Listeners = [new TurnListener { Protocol = TurnProtocol.TLS, Port = 443 }, new TurnListener { Protocol = TurnProtocol.UDP }],
        };
        Assert.Equal(["turn:203.0.113.7:3478?transport=udp", "turn:[2001:db8::7]:3478?transport=udp", "turns:relay.example.com:443?transport=tcp"], TurnUrls.Of(spec, Pod, null, "relay.example.com"));
    }

    /// <summary>Browsers would reject what a relay without a certificate serves.</summary>
    [Fact]
    public void Of_TlsWithoutCertificate_IsNotNamed()
    {
        var spec = Spec(AddressSource.NodeInternalIP) with { Listeners = [new TurnListener { Protocol = TurnProtocol.TCP }, new TurnListener { Protocol = TurnProtocol.TLS, Port = 5349 }] };
        Assert.Equal(["turn:10.0.0.4:3478?transport=tcp"], TurnUrls.Of(spec, Pod, null, null));
    }

    [Fact]
    public void TlsHostOf_Endpoints_IsNameInUrlForTls()
    {
        Assert.Equal("relay.example.com", TurnUrls.TlsHostOf(new TurnPoolStatus { Endpoints = ["turn:192.0.2.1:3478?transport=udp", "turns:relay.example.com:443?transport=tcp"] }));
        Assert.Null(TurnUrls.TlsHostOf(new TurnPoolStatus { Endpoints = ["turn:192.0.2.1:3478?transport=udp"] }));
        Assert.Null(TurnUrls.TlsHostOf(null));
    }
}
