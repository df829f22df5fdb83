using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>Whether a cluster node may run a pool's Pods according to their template. Pure.</summary>
internal static class ClusterNodeFit
{
    public static bool CanRun(Node clusterNode, MediaNodeTemplate template) =>
        clusterNode.Spec?.Unschedulable != true
        && template.NodeSelector.All(wanted => clusterNode.Metadata.Labels?.TryGetValue(wanted.Key, out var value) == true && value == wanted.Value)
        && (clusterNode.Spec?.Taints ?? []).Where(taint => taint.Effect is "NoSchedule" or "NoExecute").All(taint => template.Tolerations.Any(toleration => Tolerates(toleration, taint)));

    private static bool Tolerates(MediaNodeToleration toleration, Taint taint) =>
        (toleration.Effect is not { } effect || effect.ToString() == taint.Effect)
        && (toleration.Operator == TolerationOperator.Exists
            ? string.IsNullOrEmpty(toleration.Key) || toleration.Key == taint.Key
            : toleration.Key == taint.Key && (toleration.Value ?? string.Empty) == (taint.Value ?? string.Empty));
}
