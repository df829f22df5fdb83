using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>The URLs of one relay (RFC 7065). Pure.</summary>
internal static class TurnUrls
{
    private const string TlsScheme = "turns:";

    /// <summary>Browsers gather candidates from every URL, which takes time and allocations.</summary>
    private const int MaxAddresses = 2;

    /// <param name="spec">The pool.</param>
    /// <param name="pod">The relay's Pod.</param>
    /// <param name="node">Its cluster node, which names the external address, and the internal one of the second family.</param>
    /// <param name="tlsHost">The name for which the relay has a certificate; null without one. Clients check names and not addresses.</param>
    /// <returns>The URLs, UDP first and TLS last; empty while the addresses are unknown.</returns>
    public static IReadOnlyList<string> Of(TurnPoolSpec spec, Pod? pod, Node? node, string? tlsHost)
    {
        var exposure = new SfuExposure { AddressSource = spec.Exposure.AddressSource, StaticAddresses = spec.Exposure.StaticAddresses };
        var addresses = AdvertisedAddresses.Of(exposure, pod, node).Take(MaxAddresses).ToArray();
        return
        [
            .. spec.Listeners.Where(one => one.Protocol != TurnProtocol.TLS).OrderBy(one => one.Protocol).SelectMany(one => addresses.Select(address =>
                $"turn:{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{one.Port}?transport={one.Protocol.ToString().ToLowerInvariant()}")),
            .. spec.Listeners.Where(one => one.Protocol == TurnProtocol.TLS && tlsHost is not null && addresses.Length > 0).Select(one => $"{TlsScheme}{tlsHost}:{one.Port}?transport=tcp"),
        ];
    }

    /// <summary>The name in the URL for TLS that participants get at present; null if they get none.</summary>
    public static string? TlsHostOf(TurnPoolStatus? status) =>
        status?.Endpoints.FirstOrDefault(url => url.StartsWith(TlsScheme, StringComparison.Ordinal))?.Split(':')[1];
}
