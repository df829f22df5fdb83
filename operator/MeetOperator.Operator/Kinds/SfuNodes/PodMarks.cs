using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Marks Pods that are in use: with a label, which the pool's PodDisruptionBudget selects, and with the annotation from which the cluster autoscaler learns whether it may remove the
/// Pod's cluster node.
/// </summary>
internal static class PodMarks
{
    /// <summary>Time without meetings after which a Pod no longer counts as in use, so that short meetings in sequence cost no writes.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>Whether participants could lose something with the Pod; null while that is not known, so that the mark stays as it is.</summary>
    /// <param name="view">The state of the media node.</param>
    /// <param name="isGone">Whether neither the operator nor the kubelet reaches it (<see cref="EvictionRules.IsGone"/>).</param>
    public static bool? IsInUse(NodeView view, bool isGone) =>
        isGone ? false
        : view.Meetings > 0 || (view.Report is { } report && NodeEmptiness.CountSessions(report) > 0) ? true
        : view.IsDead || !view.HasServed || (view.Report is not null && view.WithoutMeetingsFor >= Rest) ? false
        : null;

    /// <summary>The patch that marks the Pod; null when its marks are right. An annotation of the pool's template takes precedence.</summary>
    public static JsonObject? Patch(SfuNode node, Pod pod, SfuPool pool, NodeView view) =>
        IsInUse(view, EvictionRules.IsGone(node, pod)) is { } inUse ? Patch(pod, inUse, pool.Spec.Template.Annotations.ContainsKey(MeetAnnotations.SafeToEvict)) : null;

    /// <summary>The patch that marks the Pod; null when its marks are right.</summary>
    public static JsonObject? Patch(Pod pod, bool inUse, bool keepsAnnotation = false)
    {
        var (label, annotation) = (inUse ? "true" : null, inUse ? "false" : "true");
        var isLabelled = Find(pod.Metadata.Labels, MeetLabels.InUse) == label;
        var isAnnotated = keepsAnnotation || Find(pod.Metadata.Annotations, MeetAnnotations.SafeToEvict) == annotation;
        if (isLabelled && isAnnotated)
        {
            return null;
        }

        var metadata = new JsonObject { ["uid"] = pod.Metadata.Uid };
        if (!isLabelled)
        {
            metadata["labels"] = new JsonObject { [MeetLabels.InUse] = label };
        }

        if (!isAnnotated)
        {
            metadata["annotations"] = new JsonObject { [MeetAnnotations.SafeToEvict] = annotation };
        }

        return new JsonObject { ["metadata"] = metadata };
    }

    public static async Task UpdateAsync(KubeClient client, SfuNode node, Pod pod, SfuPool pool, NodeView view, CancellationToken ct)
    {
        if (pod.Metadata.DeletionTimestamp is not null || Patch(node, pod, pool, view) is not { } patch)
        {
            return;
        }

        try
        {
            await client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
        }
        catch (KubeApiException error) when (error.IsNotFound || error.IsConflict)
        {
            // The Pod is another one now; the next reconcile marks it.
        }
    }

    private static string? Find(IDictionary<string, string>? marks, string key) => marks?.TryGetValue(key, out var value) == true ? value : null;
}
