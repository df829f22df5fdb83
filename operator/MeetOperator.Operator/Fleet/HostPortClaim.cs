using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>Ports that the Pods of a pool take on the cluster nodes that run them, over UDP or TCP. Pure.</summary>
/// <param name="Kind">The kind of the pool.</param>
/// <param name="Pool">The pool.</param>
/// <param name="Ranges">The ports.</param>
/// <param name="NodeSelector">The labels of these cluster nodes.</param>
internal sealed record HostPortClaim(string Kind, NamespacedName Pool, IReadOnlyList<PortRange> Ranges, IReadOnlyDictionary<string, string> NodeSelector)
{
    public static HostPortClaim Of(SfuPool pool) => new("SfuPool", pool.Metadata.NamespacedName, [pool.Spec.Exposure.PortRange], pool.Spec.Template.NodeSelector);

    /// <summary>Outside the host network, relays need host ports only for their listeners.</summary>
    public static HostPortClaim Of(TurnPool pool)
    {
        PortRange[] listeners = [.. pool.Spec.Listeners.Select(one => Single(one.Port)).Distinct()];
        return new(
            "TurnPool",
            pool.Metadata.NamespacedName,
            pool.Spec.Exposure.Type == ExposureType.HostNetwork ? [.. listeners, pool.Spec.RelayPorts, Single(TurnPoolValidation.ControlPort)] : listeners,
            pool.Spec.NodeSelector);
    }

    /// <summary>The ports of the other pool that both need on one cluster node; null if there are none.</summary>
    public PortRange? FindOverlap(HostPortClaim other) =>
        NodeSelector.Any(label => other.NodeSelector.TryGetValue(label.Key, out var value) && value != label.Value) ? null
        : other.Ranges.FirstOrDefault(theirs => Ranges.Any(ours => ours.Min <= theirs.Max && theirs.Min <= ours.Max));

    /// <summary>Whether the pool takes this port.</summary>
    public bool Has(int port) => Ranges.Any(range => port >= range.Min && port <= range.Max);

    /// <summary>The range as text, for messages.</summary>
    public static string Text(PortRange range) => range.Min == range.Max ? $"port {range.Min}" : $"ports {range.Min}-{range.Max}";

    private static PortRange Single(int port) => new() { Min = port, Max = port };
}
