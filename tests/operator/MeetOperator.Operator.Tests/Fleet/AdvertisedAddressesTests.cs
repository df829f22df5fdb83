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

    [Fact]
    public void Of_ClusterNodeWithoutExternalAddress_ReturnsNone() =>
        Assert.Empty(AdvertisedAddresses.Of(new SfuExposure(), Pod, new Node { Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = "192.0.2.10" }] } }));

    [Fact]
    public void Of_PodWithoutAddress_ReturnsNone() => Assert.Empty(AdvertisedAddresses.Of(new SfuExposure { AddressSource = AddressSource.PodIP }, new Pod(), null));
}
