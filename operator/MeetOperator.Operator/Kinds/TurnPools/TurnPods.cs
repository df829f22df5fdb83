using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Creates, drains, marks and deletes the Pods of pools, as the plan says.</summary>
internal sealed class TurnPods(ClusterView cluster, ControlAuthority authority, MeetEvents events, OperatorOptions options, TimeProvider time, Random random)
{
    /// <summary>How long nothing is created after the API server refused it.</summary>
    private static readonly TimeSpan RejectionRetry = TimeSpan.FromSeconds(15);

    /// <summary>Time without allocations after which a Pod no longer counts as in use, so that short calls in sequence cost no writes.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);
    private readonly CreatedMembers<Pod> _created = new(cluster.TurnPods, time);

    /// <summary>The Pods whose Secret this process has created.</summary>
    private readonly ConcurrentDictionary<string, bool> _given = new(StringComparer.Ordinal);

    /// <summary>What the API server refused last, by UID of the pool.</summary>
    private readonly ConcurrentDictionary<string, Refusal> _refused = new(StringComparer.Ordinal);

    /// <summary>When Pods last had allocations, by their UID.</summary>
    private readonly ConcurrentDictionary<string, long> _used = new(StringComparer.Ordinal);

    public IReadOnlyList<Pod> Of(TurnPool pool) =>
        [.. cluster.TurnPods.List().Where(pod => Owner.IsOwned(pod, pool)).Concat(_created.Of(pool)).DistinctBy(pod => pod.Metadata.Uid).OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal)];

    /// <summary>Carries out the plan. Returns null, or why a relay could not be created; everything else has then been done.</summary>
    public async Task<NodeFailure?> RunAsync(TurnPool pool, TurnPodPlan plan, IReadOnlyList<Pod> pods, CancellationToken ct)
    {
        foreach (var pod in pods.Where(pod => plan.Drain.Contains(pod.Metadata.Name)))
        {
            if (await TryPatchAsync(pod, RelayEvictions.DrainPatch(pod, time.GetUtcNow()), ct).ConfigureAwait(false))
            {
                events.Normal(pool, "RelayDraining", $"relay {pod.Metadata.Name} takes no more participants, and is deleted when it has no allocation, or after {pool.Spec.Drain.DeadlineSeconds} s");
            }
        }

        foreach (var name in plan.Delete)
        {
            await cluster.Client.TryDeleteAsync<Pod>(new NamespacedName(pool.Metadata.Namespace, name), ct).ConfigureAwait(false);
        }

        try
        {
            return await CreateAsync(pool, plan.Create, pods, ct).ConfigureAwait(false);
        }
        catch (KubeApiException error) when (error.IsForbidden || error.IsInvalid)
        {
            var failure = RelayFailures.Explain(pool, error);
            _refused[pool.Metadata.Uid!] = new Refusal(failure, pool.Metadata.Generation, time.GetTimestamp());
            return failure;
        }
    }

    /// <summary>Marks the Pods that are in use, so that nothing evicts them unasked.</summary>
    public async Task MarkAsync(IReadOnlyList<Pod> pods, IReadOnlyList<Relay> relays, CancellationToken ct)
    {
        if (!options.EvictionProtection)
        {
            return;
        }

        foreach (var pod in pods.Where(pod => pod.Metadata.DeletionTimestamp is null))
        {
            if (relays.FirstOrDefault(relay => relay.Name == pod.Metadata.Name) is not { HasAnswered: true } relay)
            {
                continue;
            }

            if (relay.Allocations > 0)
            {
                _used[pod.Metadata.Uid!] = time.GetTimestamp();
            }

            if (PodMarks.Patch(pod, IsInUse(pod)) is { } patch)
            {
                await TryPatchAsync(pod, patch, ct).ConfigureAwait(false);
            }
        }

        foreach (var gone in _used.Keys.Except(cluster.TurnPods.List().Select(pod => pod.Metadata.Uid!)).ToList())
        {
            _used.TryRemove(gone, out _);
        }
    }

    private bool IsInUse(Pod pod) => _used.TryGetValue(pod.Metadata.Uid!, out var last) && time.GetElapsedTime(last) < Rest;

    private async Task<NodeFailure?> CreateAsync(TurnPool pool, int count, IReadOnlyList<Pod> pods, CancellationToken ct)
    {
        if (_refused.TryGetValue(pool.Metadata.Uid!, out var refusal) && refusal.Generation == pool.Metadata.Generation && time.GetElapsedTime(refusal.At) < RejectionRetry)
        {
            return refusal.Failure;
        }

        foreach (var pod in pods.Where(pod => pod.Status?.Phase is null or "Pending"))
        {
            await EnsureSecretAsync(pod, ct).ConfigureAwait(false); // an earlier leader may have been interrupted in between
        }

        for (var i = 0; i < count; i++)
        {
            var name = NodeName.Create(pool.Metadata.Name!, random);
            var pod = await cluster.Client.CreateAsync(TurnPod.Build(pool, name, options.Turn, ControlSecret.NewName(name, random)), ct).ConfigureAwait(false);
            _created.Add(pod);
            await EnsureSecretAsync(pod, ct).ConfigureAwait(false);
        }

        _refused.TryRemove(pool.Metadata.Uid!, out _);
        return null;
    }

    /// <summary>Creates the Secret that the Pod waits for. It belongs to the Pod, so it is created after it.</summary>
    private async Task EnsureSecretAsync(Pod pod, CancellationToken ct)
    {
        if (ControlSecret.NameIn(pod) is null || !_given.TryAdd(pod.Metadata.Uid!, true))
        {
            return;
        }

        try
        {
            await cluster.Client.CreateAsync(TurnPod.BuildSecret(pod, authority.IssueFor(pod.Metadata.NamespacedName)), ct).ConfigureAwait(false);
        }
        catch (KubeApiException there) when (there.IsAlreadyExists)
        {
            // An earlier leader created it.
        }
        catch
        {
            _given.TryRemove(pod.Metadata.Uid!, out _);
            throw;
        }
    }

    /// <summary>Returns false if the Pod is another one now, or is gone.</summary>
    private async Task<bool> TryPatchAsync(Pod pod, JsonObject patch, CancellationToken ct)
    {
        try
        {
            await cluster.Client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
            return true;
        }
        catch (KubeApiException error) when (error.IsNotFound || error.IsConflict)
        {
            return false;
        }
    }

    private sealed record Refusal(NodeFailure Failure, long? Generation, long At);
}
