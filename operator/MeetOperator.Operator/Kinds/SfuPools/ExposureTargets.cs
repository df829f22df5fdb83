using System.Net;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Exposure;
using MeetOperator.Operator.Fleet;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The addresses and ports at which clients reach media nodes, each once. Pure.</summary>
internal static class ExposureTargets
{
    /// <param name="pool">The pool.</param>
    /// <param name="nodes">Its media nodes that can be measured, with their Pods.</param>
    /// <param name="known">The addresses of cluster nodes.</param>
    /// <param name="isTrusted">
    /// Whether the author of the pool may name any address. A tenant may name public ones only: the operator would otherwise show it which ports of the cluster's network are open. As
    /// status.addresses may be older than spec.exposure, a private address must be one of the Pod or of a cluster node.
    /// </param>
    public static IReadOnlyList<ExposureTarget> Of(SfuPool pool, IReadOnlyList<(SfuNode Node, Pod? Pod)> nodes, KnownAddresses known, bool isTrusted) =>
    [
        .. (from entry in nodes
            from text in entry.Node.Status?.Addresses ?? []
            let address = Parse(text)
            where address is not null && MayMeasure(address, isTrusted || (pool.Spec.Exposure.AddressSource != AddressSource.Static && known.Has(address, entry.Pod)))
            from port in Ports(entry.Node)
            select new ExposureTarget(pool.Metadata.NamespacedName, entry.Node.Metadata.Name!, new IPEndPoint(address, port.Number), port.Transport, Machine: known.MachineOf(address))).Distinct(),
    ];

    /// <summary>Whether the operator may send requests to an address.</summary>
    public static bool MayMeasure(IPAddress address, bool isTrusted) => !AddressRanges.IsReserved(address) && (isTrusted || AddressRanges.IsPublic(address));

    private static IEnumerable<(int Number, StunTransport Transport)> Ports(SfuNode node) =>
        [.. node.Spec.UdpPorts.Select(port => (port, StunTransport.Udp)), .. node.Spec.TcpPort > 0 ? [(node.Spec.TcpPort, StunTransport.IceTcp)] : Array.Empty<(int, StunTransport)>()];

    private static IPAddress? Parse(string text) => IPAddress.TryParse(text, out var address) ? address : null;
}
