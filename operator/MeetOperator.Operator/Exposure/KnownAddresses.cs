using System.Net;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Exposure;

/// <summary>The addresses that cluster nodes report. Immutable.</summary>
internal sealed class KnownAddresses
{
    private readonly Dictionary<IPAddress, string> _external = [];
    private readonly HashSet<IPAddress> _all = [];

    public KnownAddresses(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var address in node.Status?.Addresses ?? [])
            {
                if (!IPAddress.TryParse(address.Address, out var parsed))
                {
                    continue;
                }

                _all.Add(parsed);
                if (address.Type == "ExternalIP")
                {
                    _external[parsed] = node.Metadata.Name!;
                }
            }
        }
    }

    /// <summary>The cluster node whose external address this is; null if there is none.</summary>
    public string? MachineOf(IPAddress address) => _external.GetValueOrDefault(address);

    /// <summary>Whether a cluster node, or this Pod, has the address now.</summary>
    public bool Has(IPAddress address, Pod? pod) =>
        _all.Contains(address) || Is(pod?.Status?.PodIp, address) || Is(pod?.Status?.HostIp, address) || pod?.Status?.PodIps?.Any(each => Is(each.Ip, address)) == true;

    private static bool Is(string? text, IPAddress address) => IPAddress.TryParse(text, out var parsed) && parsed.Equals(address);
}
