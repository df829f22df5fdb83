using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Creates, drains and deletes the Pods of pools, as the plan says.</summary>
internal sealed class TurnPods(ClusterView cluster, ControlAuthority authority, MeetEvents events, OperatorOptions options, TimeProvider time, Random random)
{
    private readonly CreatedMembers<Pod> _created = new(cluster.TurnPods, time);

    /// <summary>The Pods whose Secret this process has created.</summary>
    private readonly ConcurrentDictionary<string, bool> _given = new(StringComparer.Ordinal);

    public IReadOnlyList<Pod> Of(TurnPool pool) =>
        [.. cluster.TurnPods.List().Where(pod => Owner.IsOwned(pod, pool)).Concat(_created.Of(pool)).DistinctBy(pod => pod.Metadata.Uid).OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal)];

    public async Task RunAsync(TurnPool pool, TurnPodPlan plan, IReadOnlyList<Pod> pods, CancellationToken ct)
    {
        foreach (var pod in pods.Where(pod => pod.Status?.Phase is null or "Pending"))
        {
            await EnsureSecretAsync(pod, ct).ConfigureAwait(false); // an earlier leader may have been interrupted in between
        }

        foreach (var pod in pods.Where(pod => plan.Drain.Contains(pod.Metadata.Name)))
        {
            var now = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid, ["annotations"] = new JsonObject { [MeetAnnotations.DrainSince] = now } } };
            await cluster.Client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
            events.Normal(pool, "RelayDraining", $"relay {pod.Metadata.Name} takes no more participants, and is deleted when it has no allocation, or after {pool.Spec.Drain.DeadlineSeconds} s");
        }

        foreach (var name in plan.Delete)
        {
            await cluster.Client.TryDeleteAsync<Pod>(new NamespacedName(pool.Metadata.Namespace, name), ct).ConfigureAwait(false);
        }

        for (var i = 0; i < plan.Create; i++)
        {
            var name = NodeName.Create(pool.Metadata.Name!, random);
            var pod = await cluster.Client.CreateAsync(TurnPod.Build(pool, name, options.Turn, ControlSecret.NewName(name, random)), ct).ConfigureAwait(false);
            _created.Add(pod);
            await EnsureSecretAsync(pod, ct).ConfigureAwait(false);
        }
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
}
