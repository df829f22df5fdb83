using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Resources;

/// <summary>What may reach a pool's media nodes: people by UDP, the control port for operator, signaling and Prometheus; and out only UDP. One for each pool, gone with it.</summary>
internal static class MediaNodeNetworkPolicy
{
    /// <summary>Kubernetes puts it on every namespace since 1.21.</summary>
    public const string NamespaceNameLabel = "kubernetes.io/metadata.name";

    public static string NameOf(string pool) => $"{pool}-media-nodes";

    /// <param name="pool">Whose nodes.</param>
    /// <param name="operatorNamespace">Namespace of operator and signaling; null when namespaces carry no label with their name, so that only labels of Pods can be asked for.</param>
    /// <param name="metricsFrom">Who else may call the control port, for metrics.</param>
    public static NetworkPolicy Build(SfuPool pool, string? operatorNamespace, IReadOnlyList<NetworkPolicyPeer> metricsFrom)
    {
        var media = new NetworkPolicyPort { Protocol = "UDP" };
        var callers = new NetworkPolicyPeer
        {
            NamespaceSelector = operatorNamespace is null
                ? new() { MatchLabels = new Dictionary<string, string>() }
                : new() { MatchLabels = new Dictionary<string, string> { [NamespaceNameLabel] = operatorNamespace } },
            PodSelector = new()
            {
                MatchExpressions = [new LabelSelectorRequirement { Key = MeetLabels.Component, Operator = "In", Values = [MeetComponents.Operator, MeetComponents.Signaling] }],
            },
        };
        return new NetworkPolicy
        {
            Metadata = new ObjectMeta
            {
                Name = NameOf(pool.Metadata.Name!),
                Namespace = pool.Metadata.Namespace,
                Labels = new Dictionary<string, string> { [MeetLabels.SfuPool] = pool.Metadata.Name! },
                OwnerReferences = [Owner.Of(pool)],
            },
            Spec = new NetworkPolicySpec
            {
                PodSelector = new() { MatchLabels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.MediaNode, [MeetLabels.SfuPool] = pool.Metadata.Name! } },
                PolicyTypes = ["Ingress", "Egress"],
                Ingress =
                [
                    new NetworkPolicyIngressRule { Ports = [media] },
                    new NetworkPolicyIngressRule { Ports = [new NetworkPolicyPort { Protocol = "TCP", Port = MediaNodeEnv.ControlPort }], From = [callers, .. metricsFrom] },
                ],
                Egress = [new NetworkPolicyEgressRule { Ports = [media] }],
            },
        };
    }
}
