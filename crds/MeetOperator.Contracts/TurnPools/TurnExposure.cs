using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>Where clients reach the relays of a pool.</summary>
[CelRule("!has(self.addressSource) || self.addressSource != 'Static' || size(self.staticAddresses) > 0", TurnPoolValidation.StaticNeedsAddresses, FieldPath = ".staticAddresses")]
[CelRule("!has(self.type) || self.type != 'HostNetwork' || self.addressSource != 'PodIP'", TurnPoolValidation.HostNetworkHasNoPodIP, FieldPath = ".addressSource")]
public sealed record TurnExposure
{
    /// <summary>HostPort opens the listeners on the cluster node. HostNetwork runs the Pod in the host network, where no NetworkPolicy limits what relays reach. Default HostPort; mutable, by replacing relays.</summary>
    [Default("\"HostPort\"")]
    public ExposureType Type { get; init; } = ExposureType.HostPort;

    /// <summary>Source of the addresses that clients get. HostIP means the same as NodeInternalIP. Default NodeExternalIP; mutable, by replacing relays.</summary>
    [Default("\"NodeExternalIP\"")]
    public AddressSource AddressSource { get; init; } = AddressSource.NodeExternalIP;

    /// <summary>IP addresses that clients get when addressSource is Static, at most 8. Default none; mutable, by replacing relays.</summary>
    [MaxItems(8)]
    [MaxLength(45)]
    [Pattern("^[0-9a-fA-F.:]+$")]
    [Default("[]")]
    public IReadOnlyList<string> StaticAddresses { get; init; } = [];
}
