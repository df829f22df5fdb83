using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>The addresses that clients send media to, according to the pool's addressSource.</summary>
internal static class AdvertisedAddresses
{
    /// <summary>Returns an empty list while the addresses are unknown. <paramref name="node"/> is the Pod's cluster node; only NodeExternalIP needs it.</summary>
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
