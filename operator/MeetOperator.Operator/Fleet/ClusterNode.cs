using MeetOperator.Kube.Core;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Fleet;

/// <summary>The relevant state of the cluster node that runs a media node's Pod.</summary>
/// <param name="Name">Name of the cluster node.</param>
/// <param name="IsMissing">True when the cluster no longer has a node with that name.</param>
/// <param name="IsReady">True while its kubelet reports.</param>
/// <param name="IsCordoned">True when it accepts no new Pods (<c>kubectl cordon</c>).</param>
/// <param name="Zone">Its zone; null when it has no label for it.</param>
internal sealed record ClusterNode(string Name, bool IsMissing, bool IsReady, bool IsCordoned, string? Zone = null)
{
    public static ClusterNode Missing(string name) => new(name, IsMissing: true, IsReady: false, IsCordoned: false);

    /// <summary>A cluster node without a Ready condition has not reported yet and counts as ready.</summary>
    public static ClusterNode Of(Node node) => new(
        node.Metadata.Name!,
        IsMissing: false,
        IsReady: node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready") is null or { Status: "True" },
        IsCordoned: node.Spec?.Unschedulable == true,
        Zone: node.Metadata.Labels?.TryGetValue(KubernetesLabels.Zone, out var zone) == true && zone.Length > 0 ? zone : null);
}
