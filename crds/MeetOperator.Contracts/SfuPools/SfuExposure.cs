using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>How clients reach the media ports of a node.</summary>
[CelRule("self.portRange.min > self.portRange.max || self.portRange.max - self.portRange.min + 1 >= self.udpPorts", SfuPoolValidation.RangeTooNarrow, FieldPath = ".portRange")]
[CelRule("self.addressSource != 'Static' || size(self.staticAddresses) > 0", SfuPoolValidation.StaticNeedsAddresses, FieldPath = ".staticAddresses")]
[CelRule("self.addressSource != 'Static' || size(self.staticAddresses) == 0 || self.staticAddresses.exists(a, (a.contains(':') ? 'IPv6' : 'IPv4') in self.ipFamilies)", SfuPoolValidation.StaticOfOtherFamily, FieldPath = ".staticAddresses")]
[CelRule("self.type != 'HostNetwork' || self.addressSource != 'PodIP'", SfuPoolValidation.HostNetworkHasNoPodIP, FieldPath = ".addressSource")]
public sealed record SfuExposure
{
    /// <summary>HostPort opens each media port on the cluster node with the same number. HostNetwork runs the Pod in the host network. Default HostPort; mutable, by replacing nodes.</summary>
    [Default("\"HostPort\"")]
    public ExposureType Type { get; init; } = ExposureType.HostPort;

    /// <summary>Range for the UDP ports of the pool's nodes. It must not overlap the range of any other pool in the cluster. Required; mutable.</summary>
    [RequiredField]
    public PortRange PortRange { get; init; } = new();

    /// <summary>Number of UDP ports per node, 1 to 64. Each port has its own media loop, so use about one per CPU. Default 1; mutable, by replacing nodes.</summary>
    [Range(1, 64)]
    [Default("1")]
    public int UdpPorts { get; init; } = 1;

    /// <summary>
    /// TCP port for media of clients whose network lets no UDP through. Auto opens the TCP port with the number of the node's last UDP port; in the host network that takes at least two UDP ports, because
    /// the control interface has the number of the first one. None opens none. Default Auto; mutable, by replacing nodes.
    /// </summary>
    [Default("\"Auto\"")]
    public TcpExposure TcpPort { get; init; } = TcpExposure.Auto;

    /// <summary>Source of the address that clients send media to. HostIP is a deprecated alias of NodeInternalIP. Default NodeExternalIP; mutable, by replacing nodes.</summary>
    [Default("\"NodeExternalIP\"")]
    public AddressSource AddressSource { get; init; } = AddressSource.NodeExternalIP;

    /// <summary>
    /// Families of the addresses that clients get; those of other families are left out. With NodeExternalIP, NodeInternalIP and PodIP, a media node gets the addresses of both
    /// families that its cluster has. Default IPv4 and IPv6; mutable, by replacing nodes.
    /// </summary>
    [MaxItems(2)]
    [Default("[\"IPv4\",\"IPv6\"]")]
    public IReadOnlyList<IpFamily> IpFamilies { get; init; } = [IpFamily.IPv4, IpFamily.IPv6];

    /// <summary>IP addresses that clients send media to when addressSource is Static, at most 8. Default none; mutable, by replacing nodes.</summary>
    [MaxItems(8)]
    [MaxLength(45)]
    [Pattern("^[0-9a-fA-F.:]+$")]
    [Default("[]")]
    public IReadOnlyList<string> StaticAddresses { get; init; } = [];
}
