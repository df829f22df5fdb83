using System.Net;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Exposure;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>The addresses and ports at which clients reach the relays of a pool: those of the URLs that participants get. Pure.</summary>
internal static class RelayTargets
{
    /// <param name="pool">The pool.</param>
    /// <param name="isTrusted">Whether its author may name any address (<see cref="ExposureTargets.MayMeasure"/>).</param>
    /// <param name="known">The addresses of cluster nodes.</param>
    /// <param name="pods">The Pods of its relays.</param>
    public static IReadOnlyList<ExposureTarget> Of(TurnPool pool, bool isTrusted, KnownAddresses known, IReadOnlyList<Pod> pods)
    {
        if (pool.Status is not { } status || pool.Metadata.DeletionTimestamp is not null)
        {
            return [];
        }

        var key = pool.Metadata.NamespacedName;
        var urls = status.Endpoints.Select(TurnUrl.Parse).OfType<TurnUrl>().ToArray();
        var plain = urls.Where(url => url.Address is not null && url.Transport != StunTransport.Tls && MayMeasure(url.Address)).ToArray();

        // All relays have one URL for TLS, with a name. It must work at the addresses of each.
        return
        [
            .. plain.Select(url => new ExposureTarget(key, string.Empty, new IPEndPoint(url.Address!, url.Port), url.Transport, Machine: known.MachineOf(url.Address!))).Distinct(),
            .. from tls in urls.Where(url => url.Transport == StunTransport.Tls)
               from address in plain.Select(url => url.Address!).Distinct()
               select new ExposureTarget(key, string.Empty, new IPEndPoint(address, tls.Port), StunTransport.Tls, tls.Host, known.MachineOf(address)),
        ];

        // status.endpoints may be older than spec.exposure, so a private address must be one of a Pod or of a cluster node.
        bool MayMeasure(IPAddress address) =>
            ExposureTargets.MayMeasure(address, isTrusted || (pool.Spec.Exposure.AddressSource != AddressSource.Static && (known.Has(address, null) || pods.Any(pod => known.Has(address, pod)))));
    }
}
