using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Webhook;

/// <summary>Starts the drain of a media node or relay whose Pod is to be evicted. Each replica does so, because any of them may be asked.</summary>
/// <param name="cluster">The caches.</param>
/// <param name="client">A client with which followers may write, too. A drain needs no leadership: users request it in the same way.</param>
/// <param name="time">The clock.</param>
internal sealed class PodEvictions(ClusterView cluster, KubeClient client, TimeProvider time) : IEvictionReviewer
{
    /// <summary>The API server waits five seconds for the answer, unless the chart says otherwise.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public async Task<EvictionDecision> ReviewAsync(AdmissionRequest request, CancellationToken ct)
    {
        if (request is not { Kind: "Eviction", Subresource: "eviction", Operation: AdmissionOperation.Create, Namespace: { } @namespace } || IsDryRun(request))
        {
            return EvictionDecision.Allow; // A dry run would be repeated for ever if it were refused, because it drains nothing.
        }

        var key = new NamespacedName(@namespace, request.Name);
        if (!cluster.Nodes.HasSynced || !cluster.Pods.HasSynced || !cluster.TurnPods.HasSynced)
        {
            return EvictionDecision.Refuse("the operator is starting: retry in a few seconds", shouldDrain: false);
        }

        if (cluster.TurnPods.Get(key) is { } relay)
        {
            return await ReviewRelayAsync(relay, ct).ConfigureAwait(false);
        }

        var node = cluster.Nodes.Get(key);
        var decision = EvictionRules.Decide(node, cluster.Pods.Get(key), node is null ? null : cluster.PoolOf(node), time.GetUtcNow());
        return decision.ShouldDrain && await DrainAsync(node!, ct).ConfigureAwait(false) is { } failure
            ? decision with { Message = $"media node {request.Name} could not be drained: {failure}; retry" }
            : decision;
    }

    /// <summary>A request as a whole may be a dry run, or the deletion that the eviction asks for.</summary>
    private static bool IsDryRun(AdmissionRequest request) =>
        request.DryRun || (request.Object?["deleteOptions"] is JsonObject options && options["dryRun"] is JsonArray { Count: > 0 });

    private async Task<EvictionDecision> ReviewRelayAsync(Pod relay, CancellationToken ct)
    {
        var pool = relay.Metadata.Labels?.TryGetValue(MeetLabels.TurnPool, out var name) == true ? cluster.TurnPools.Get(new NamespacedName(relay.Metadata.Namespace, name)) : null;
        var decision = RelayEvictions.Decide(relay, pool);
        return decision.ShouldDrain && await PatchAsync<Pod>(relay.Metadata.NamespacedName, RelayEvictions.DrainPatch(relay, time.GetUtcNow()), ct).ConfigureAwait(false) is { } failure
            ? decision with { Message = $"relay {relay.Metadata.Name} could not be drained: {failure}; retry" }
            : decision;
    }

    /// <summary>Requests the drain. When the meetings of the node move depends on its pool. Returns why that failed, or null.</summary>
    private Task<string?> DrainAsync(SfuNode node, CancellationToken ct)
    {
        var drain = new JsonObject { ["reason"] = EvictionRules.Reason };
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = node.Metadata.Uid }, ["spec"] = new JsonObject { ["drain"] = drain } };
        return PatchAsync<SfuNode>(node.Metadata.NamespacedName, patch, ct);
    }

    private async Task<string?> PatchAsync<T>(NamespacedName key, JsonObject patch, CancellationToken ct)
        where T : KubernetesObject
    {
        using var bounded = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, bounded.Token);
        try
        {
            await client.MergePatchAsync<T>(key, patch, either.Token).ConfigureAwait(false);
            return null;
        }
        catch (KubeApiException error) when (error.IsNotFound || error.IsConflict)
        {
            return null; // The object is another one now, or is being removed.
        }
        catch (Exception error) when (error is KubeApiException or HttpRequestException || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return error is OperationCanceledException ? "the API server did not answer in time" : error.Message;
        }
    }
}
