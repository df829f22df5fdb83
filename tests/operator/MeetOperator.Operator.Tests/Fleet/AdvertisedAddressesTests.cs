using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class AdvertisedAddressesTests
{
    private static readonly Pod Pod = new() { Status = new PodStatus { PodIp = "10.1.0.5", HostIp = "192.0.2.10" } };

    private static readonly Node ClusterNode = new()
    {
        Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = "192.0.2.10" }, new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" }] },
    };

    [Theory]
    [InlineData(AddressSource.PodIP, "10.1.0.5")]
    [InlineData(AddressSource.HostIP, "192.0.2.10")]
    [InlineData(AddressSource.NodeInternalIP, "192.0.2.10")]
    [InlineData(AddressSource.NodeExternalIP, "198.51.100.4")]
    [InlineData(AddressSource.Static, "203.0.113.7")]
    public void Of_EachSource_ReturnsItsAddress(AddressSource source, string expected) =>
        Assert.Equal([expected], AdvertisedAddresses.Of(new SfuExposure { AddressSource = source, StaticAddresses = ["203.0.113.7"] }, Pod, ClusterNode));

    [Theory]
    [InlineData(AddressSource.PodIP, new[] { IpFamily.IPv4, IpFamily.IPv6 }, "10.1.0.5 fd00:10::5")]
    [InlineData(AddressSource.PodIP, new[] { IpFamily.IPv4 }, "10.1.0.5")]
    [InlineData(AddressSource.PodIP, new[] { IpFamily.IPv6 }, "fd00:10::5")]
    [InlineData(AddressSource.NodeExternalIP, new[] { IpFamily.IPv4, IpFamily.IPv6 }, "198.51.100.4 2001:db8::4")]
    [InlineData(AddressSource.NodeExternalIP, new[] { IpFamily.IPv6 }, "2001:db8::4")]
    [InlineData(AddressSource.Static, new[] { IpFamily.IPv4, IpFamily.IPv6 }, "203.0.113.7 2001:db8::7")]
    [InlineData(AddressSource.Static, new[] { IpFamily.IPv4 }, "203.0.113.7")]
    [InlineData(AddressSource.NodeInternalIP, new[] { IpFamily.IPv4, IpFamily.IPv6 }, "192.0.2.10 fd00:2::10")]
    [InlineData(AddressSource.HostIP, new[] { IpFamily.IPv6 }, "fd00:2::10")]
    public void Of_DualStackCluster_ReturnsAddressesOfTheFamilies(AddressSource source, IpFamily[] families, string expected)
    {
        var pod = new Pod { Status = new PodStatus { PodIp = "10.1.0.5", PodIps = [new PodIp { Ip = "10.1.0.5" }, new PodIp { Ip = "fd00:10::5" }], HostIp = "192.0.2.10" } };
        var node = new Node { Status = new NodeStatus { Addresses = [.. ClusterNode.Status!.Addresses!, new NodeAddress { Type = "ExternalIP", Address = "2001:db8::4" }, new NodeAddress { Type = "InternalIP", Address = "fd00:2::10" }] } };
        var exposure = new SfuExposure { AddressSource = source, IpFamilies = families, StaticAddresses = ["203.0.113.7", "2001:db8::7"] };

        Assert.Equal(expected, string.Join(' ', AdvertisedAddresses.Of(exposure, pod, node)));
    }

    /// <summary>Cluster nodes with several networks have several internal addresses of one family. The Pod's hostIP is in the network that Kubernetes uses.</summary>
    [Theory]
    [InlineData("192.0.2.10", "192.0.2.10 fd00:2::10")]
    [InlineData("192.0.2.11", "192.0.2.11 fd00:2::10")]
    [InlineData("fd00:2::11", "fd00:2::11 192.0.2.10")]
    [InlineData(null, "192.0.2.10 fd00:2::10")]
    public void Of_SeveralInternalAddresses_ReturnsHostIPAndTheFirstOfTheOtherFamily(string? host, string expected)
    {
        var node = new Node { Status = new NodeStatus { Addresses = [.. new[] { "192.0.2.10", "192.0.2.11", "fd00:2::10", "fd00:2::11" }.Select(address => new NodeAddress { Type = "InternalIP", Address = address })] } };

        Assert.Equal(expected, string.Join(' ', AdvertisedAddresses.Of(new SfuExposure { AddressSource = AddressSource.NodeInternalIP }, new Pod { Status = new PodStatus { HostIp = host } }, node)));
    }

    /// <summary>A media node in the host network learns its addresses from the kubelet, as those of its Pod.</summary>
    [Fact]
    public void Of_InternalAddressesInTheHostNetwork_ReturnsThoseOfThePod()
    {
        var pod = new Pod { Spec = new PodSpec { HostNetwork = true }, Status = new PodStatus { PodIp = "192.0.2.10", PodIps = [new PodIp { Ip = "192.0.2.10" }, new PodIp { Ip = "fd00:2::10" }], HostIp = "192.0.2.10" } };

        Assert.Equal(["192.0.2.10", "fd00:2::10"], AdvertisedAddresses.Of(new SfuExposure { AddressSource = AddressSource.NodeInternalIP }, pod, null));
    }

    [Fact]
    public void Of_InternalAddressOfUnknownClusterNode_ReturnsHostIP() =>
        Assert.Equal(["192.0.2.10"], AdvertisedAddresses.Of(new SfuExposure { AddressSource = AddressSource.NodeInternalIP }, Pod, null));

    [Fact]
    public void Of_ClusterNodeWithoutExternalAddress_ReturnsNone() =>
        Assert.Empty(AdvertisedAddresses.Of(new SfuExposure(), Pod, new Node { Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = "192.0.2.10" }] } }));

    [Fact]
    public void Of_PodWithoutAddress_ReturnsNone() => Assert.Empty(AdvertisedAddresses.Of(new SfuExposure { AddressSource = AddressSource.PodIP }, new Pod(), null));
}
