using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>The addresses that clients send media to, according to the pool's addressSource and ipFamilies.</summary>
internal static class AdvertisedAddresses
{
    /// <summary>Returns an empty list while the addresses are unknown. <paramref name="node"/> is the Pod's cluster node, which names the external address, and the internal one of the second family.</summary>
    public static IReadOnlyList<string> Of(SfuExposure exposure, Pod? pod, Node? node) => OfFamilies(exposure, exposure.AddressSource switch
    {
        AddressSource.Static => exposure.StaticAddresses,
        AddressSource.PodIP => Own(pod),
        AddressSource.HostIP or AddressSource.NodeInternalIP => pod?.Spec.HostNetwork == true ? Own(pod) : Internal(pod, node),
        _ => External(node),
    });

    /// <summary>The external addresses of a cluster node, of both families.</summary>
    public static IReadOnlyList<string> External(Node? node) =>
        [.. (node?.Status?.Addresses ?? []).Where(address => address.Type == "ExternalIP").Select(address => address.Address)];

    /// <summary>
    /// The Pod's hostIP, and the first internal address of the other family: what Kubernetes 1.30 and later call status.hostIPs. The kubelet writes the hostIP after the Pod is scheduled; it is the
    /// first internal address of the cluster node.
    /// </summary>
    public static IReadOnlyList<string> Internal(Pod? pod, Node? node) =>
        [.. One(pod?.Status?.HostIp).Concat((node?.Status?.Addresses ?? []).Where(address => address.Type == "InternalIP").Select(address => address.Address)).DistinctBy(SfuPoolValidation.FamilyOf)];

    /// <summary>Leaves out the addresses that the pool's media nodes do not use.</summary>
    public static IReadOnlyList<string> OfFamilies(SfuExposure exposure, IReadOnlyList<string> addresses) =>
        exposure.IpFamilies.Count == 0 ? addresses : [.. addresses.Where(address => exposure.IpFamilies.Contains(SfuPoolValidation.FamilyOf(address)))];

    /// <summary>The addresses of the Pod; in the host network, these are the internal ones of its cluster node.</summary>
    private static IReadOnlyList<string> Own(Pod? pod) => pod?.Status?.PodIps is { Count: > 0 } all ? [.. all.Select(each => each.Ip).OfType<string>()] : One(pod?.Status?.PodIp);

    private static string[] One(string? address) => string.IsNullOrEmpty(address) ? [] : [address];
}
