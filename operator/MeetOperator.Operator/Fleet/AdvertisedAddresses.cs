using MeetOperator.Contracts;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>The addresses that clients send media to, as the pool's addressSource says.</summary>
internal static class AdvertisedAddresses
{
    /// <summary>Empty while they are not known; <paramref name="node"/> is the cluster node of the Pod, needed for NodeExternalIP only.</summary>
    public static IReadOnlyList<string> Of(SfuExposure exposure, Pod? pod, Node? node) => exposure.AddressSource switch
    {
        AddressSource.Static => exposure.StaticAddresses,
        AddressSource.PodIP => One(pod?.Status?.PodIp),
        AddressSource.HostIP or AddressSource.NodeInternalIP => One(pod?.Status?.HostIp),
        _ => External(node),
    };

    /// <summary>The external addresses of a cluster node.</summary>
    public static IReadOnlyList<string> External(Node? node) =>
        [.. (node?.Status?.Addresses ?? []).Where(address => address.Type == "ExternalIP").Select(address => address.Address)];

    private static string[] One(string? address) => string.IsNullOrEmpty(address) ? [] : [address];
}
