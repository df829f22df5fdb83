using System.Collections.Concurrent;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Creates the Secret that each media node Pod waits for. The Secret is created after the Pod, which owns it. If it contains addresses that only the cluster knows, it is
/// created once the Pod is scheduled, because it is never changed afterwards.
/// </summary>
internal sealed class PodSecrets(ClusterView cluster, ControlAuthority authority, TimeProvider time)
{
    private readonly WriteThrottle _throttle = new(time);
    private readonly ConcurrentDictionary<NamespacedName, Given> _given = new();

    /// <summary>Returns the failure that prevents the Secret, or null when it exists or will be created once the Pod is scheduled.</summary>
    public async Task<NodeFailure?> EnsureAsync(SfuNode node, Pod pod, CancellationToken ct)
    {
        var key = node.Metadata.NamespacedName;
        if (ControlSecret.NameIn(pod) is not { } name)
        {
            return null;
        }

        var isMissing = PodFailures.Find(node, pod) is { Reason: PodFailures.SettingsMissing };
        if (Of(key, pod) is not { } given)
        {
            var (failure, addresses) = await FindAddressesAsync(pod, ct).ConfigureAwait(false);
            if (addresses is null)
            {
                return failure;
            }

            given = new Given(pod.Metadata.Uid, addresses);
        }
        else if (!isMissing || _throttle.Wait(key) > TimeSpan.Zero)
        {
            return null;
        }

        if (isMissing || pod.Status?.Phase != "Running")
        {
            await CreateAsync(ControlSecret.Build(node, pod, name, authority.IssueFor(key), given.Addresses), ct).ConfigureAwait(false);
            _throttle.RecordWrite(key);
        }

        _given[key] = given;
        return null;
    }

    /// <summary>The addresses that were found for the Pod; empty when there are none.</summary>
    public IReadOnlyList<string> AddressesOf(NamespacedName key, Pod? pod) => pod is not null && Of(key, pod) is { } given ? given.Addresses : [];

    public void Forget(NamespacedName key)
    {
        _throttle.Forget(key);
        _given.TryRemove(key, out _);
    }

    private Given? Of(NamespacedName key, Pod pod) => _given.TryGetValue(key, out var given) && given.PodUid == pod.Metadata.Uid ? given : null;

    /// <summary>Returns null addresses while they are unknown, and an empty list for a Pod that reads no addresses from its Secret.</summary>
    private async Task<(NodeFailure? Failure, IReadOnlyList<string>? Addresses)> FindAddressesAsync(Pod pod, CancellationToken ct)
    {
        if (ControlSecret.AddressesKeyIn(pod) is not { } key)
        {
            return (null, []);
        }

        var clusterNode = pod.Spec.NodeName is { Length: > 0 } name ? await cluster.Client.TryGetAsync<Node>(new NamespacedName(null, name), ct).ConfigureAwait(false) : null;
        if (key == ControlSecret.InternalAddressesKey)
        {
            return (null, AdvertisedAddresses.Internal(pod, clusterNode) is { Count: > 0 } addresses ? addresses : null);
        }

        if (pod.Spec.NodeName is not { Length: > 0 })
        {
            return (null, null);
        }

        var found = AdvertisedAddresses.External(clusterNode);
        return found.Count > 0 ? (null, found) : (new NodeFailure(
            "NoExternalAddress", $"cluster node {pod.Spec.NodeName} has no ExternalIP: assign one, or set the pool's exposure.addressSource to NodeInternalIP or Static"), null);
    }

    private async Task CreateAsync(Secret secret, CancellationToken ct)
    {
        try
        {
            await cluster.Client.CreateAsync(secret, ct).ConfigureAwait(false);
        }
        catch (KubeApiException there) when (there.IsAlreadyExists)
        {
            // Already created, perhaps by the previous leader. The content does not depend on which replica creates it.
        }
    }

    private sealed record Given(string? PodUid, IReadOnlyList<string> Addresses);
}
