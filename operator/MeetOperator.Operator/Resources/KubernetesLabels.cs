namespace MeetOperator.Operator.Resources;

/// <summary>Labels of the objects of a cluster that Kubernetes or the provider of its machines sets (https://kubernetes.io/docs/reference/labels-annotations-taints/).</summary>
internal static class KubernetesLabels
{
    public const string Zone = "topology.kubernetes.io/zone";
}
