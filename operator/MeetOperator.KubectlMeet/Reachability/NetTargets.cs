using System.Net;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>The addresses and ports that clients use. Pure.</summary>
internal static class NetTargets
{
    /// <summary>As the operator reports that media nodes of a pool do not answer such requests.</summary>
    private const string NotSupported = "NotSupported";

    /// <summary>Those of media nodes that serve.</summary>
    public static IEnumerable<NetTarget> Of(SfuNode node, SfuPool? pool)
    {
        if (node.Status is not { State: SfuNodeState.Ready or SfuNodeState.Allocated or SfuNodeState.Draining } status)
        {
            return [];
        }

        var isSupported = pool?.Status?.Conditions.FirstOrDefault(condition => condition.Type == MeetConditions.ExposureReady)?.Reason != NotSupported;
        return
        [
            .. from address in status.Addresses.Select(Parse).OfType<IPAddress>()
               from port in Ports(node.Spec)
               select new NetTarget($"{node.Metadata.Namespace}/{node.Spec.PoolRef.Name}", node.Metadata.Name!, new IPEndPoint(address, port.Number), port.Transport, IsSupported: isSupported),
        ];
    }

    /// <summary>Those of relays. Their URL for TLS has a name, which must work at the addresses of all of them.</summary>
    public static IEnumerable<NetTarget> Of(TurnPool pool)
    {
        var key = pool.Metadata.NamespacedName.ToString();
        var urls = (pool.Status?.Endpoints ?? []).Select(TurnUrl.Parse).OfType<TurnUrl>().ToArray();
        var plain = urls.Where(url => url is { Address: not null, Transport: not StunTransport.Tls }).ToArray();
        return
        [
            .. plain.Select(url => new NetTarget(key, "relays", new IPEndPoint(url.Address!, url.Port), url.Transport)),
            .. from tls in urls.Where(url => url.Transport == StunTransport.Tls)
               from address in plain.Select(url => url.Address!).Distinct()
               select new NetTarget(key, "relays", new IPEndPoint(address, tls.Port), StunTransport.Tls, tls.Host),
        ];
    }

    private static IEnumerable<(int Number, StunTransport Transport)> Ports(SfuNodeSpec spec)
    {
        foreach (var port in spec.UdpPorts)
        {
            yield return (port, StunTransport.Udp);
        }

        if (spec.TcpPort > 0)
        {
            yield return (spec.TcpPort, StunTransport.IceTcp);
        }
    }

    private static IPAddress? Parse(string text) => IPAddress.TryParse(text, out var address) ? address : null;
}
