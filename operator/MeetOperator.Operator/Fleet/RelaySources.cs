using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Kube.Core;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Fleet;

/// <summary>Tells media nodes from which addresses the relays of the installation forward, until the Pod of a relay has ended. Pure.</summary>
internal static class RelaySources
{
    private const int RevisionDigits = 16;

    /// <param name="relays">The Pods of relays, each with the addresses of its cluster node, as far as they are known.</param>
    public static NodeRelays Of(IEnumerable<(Pod Pod, IEnumerable<string> HostAddresses)> relays)
    {
        RelaySource[] sources =
        [
            .. relays.Where(relay => !HasEnded(relay.Pod)).SelectMany(relay => Of(relay.Pod, relay.HostAddresses)).Distinct()
                .OrderBy(source => source.Address, StringComparer.Ordinal).ThenBy(source => source.MinPort).ThenBy(source => source.MaxPort).Take(NodeRelays.MaxSources),
        ];
        return new NodeRelays { Revision = RevisionOf(sources), Sources = sources };
    }

    /// <summary>Whether a media node must get the list. One that has never got any needs no empty one, and one of an earlier version needs none.</summary>
    public static bool IsDue(NodeRelays relays, NodeReport report) => report.RelaysRevision is { } known && known != relays.Revision && (relays.Sources.Count > 0 || known.Length > 0);

    /// <summary>
    /// A relay forwards from the addresses of its Pod, or in an embedded installation from those of the machine. Networks may translate what it sends to another cluster node: into an address of its own one, from any port, and on the way to an external
    /// address also into its own external one.
    /// </summary>
    private static IEnumerable<RelaySource> Of(Pod pod, IEnumerable<string> hostAddresses)
    {
        var (min, max) = TurnPod.RelayPortsOf(pod);
        var own = (pod.Status?.PodIps ?? []).Select(each => each.Ip).Append(pod.Status?.PodIp).OfType<string>().Concat(TurnPod.RelayAddressesOf(pod)).Select(Parse).OfType<string>().Distinct().ToArray();
        foreach (var address in own)
        {
            yield return new RelaySource { Address = address, MinPort = min, MaxPort = max };
        }

        foreach (var host in hostAddresses.Append(pod.Status?.HostIp).Select(Parse).OfType<string>().Distinct().Where(host => !own.Contains(host) && !IPAddress.IsLoopback(IPAddress.Parse(host))))
        {
            yield return new RelaySource { Address = host, MinPort = 1, MaxPort = ushort.MaxValue };
        }
    }

    private static string? Parse(string? address) => IPAddress.TryParse(address, out var parsed) ? parsed.ToString() : null;

    private static bool HasEnded(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    private static string RevisionOf(IReadOnlyList<RelaySource> sources) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', sources.Select(source => string.Create(CultureInfo.InvariantCulture, $"{source.Address} {source.MinPort}-{source.MaxPort}"))))))[..RevisionDigits];
}
