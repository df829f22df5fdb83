using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Hosting;

/// <summary>The relays that media nodes must know, at most a second old: each media node is asked about once a second whether it knows them. Thread-safe.</summary>
internal sealed class RelayList(ClusterView cluster, TimeProvider time)
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();

    /// <summary>The UIDs of Pods that a TurnPool has owned. A relay goes on until its Pod has ended, also when its pool is deleted before.</summary>
    private HashSet<string> _owned = new(StringComparer.Ordinal);
    private NodeRelays? _relays;
    private long _madeAt;

    public NodeRelays Current
    {
        get
        {
            lock (_gate)
            {
                if (_relays is null || time.GetElapsedTime(_madeAt) >= Age)
                {
                    (_relays, _madeAt) = (Make(), time.GetTimestamp());
                }

                return _relays;
            }
        }
    }

    private NodeRelays Make()
    {
        var pools = cluster.TurnPools.List().Select(pool => pool.Metadata.Uid!).ToHashSet(StringComparer.Ordinal);
        Pod[] relays = [.. cluster.TurnPods.List().Where(pod => _owned.Contains(pod.Metadata.Uid!) || pod.Metadata.OwnerReferences?.Any(owner => pools.Contains(owner.Uid)) == true)];
        _owned = relays.Select(pod => pod.Metadata.Uid!).ToHashSet(StringComparer.Ordinal);
        return RelaySources.Of(relays.Select(pod => (pod, AddressesOf(pod))));
    }

    private IEnumerable<string> AddressesOf(Pod pod) => pod.Spec.NodeName is { Length: > 0 } name
        ? (cluster.ClusterNodes.Get(new NamespacedName(null, name))?.Status?.Addresses ?? []).Where(each => each.Type is "ExternalIP" or "InternalIP").Select(each => each.Address)
        : [];
}
