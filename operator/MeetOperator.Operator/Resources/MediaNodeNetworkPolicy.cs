using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Resources;

/// <summary>Allows media over UDP in both directions, connections to the TCP ports for media, access to the control port for operator, signaling and Prometheus, and connections to the trace collector. Each pool owns one policy.</summary>
internal static class MediaNodeNetworkPolicy
{
    /// <summary>Kubernetes sets this label on every namespace since 1.21.</summary>
    public const string NamespaceNameLabel = "kubernetes.io/metadata.name";

    public static string NameOf(string pool) => $"{pool}-media-nodes";

    /// <param name="pool">The pool to build the policy for.</param>
    /// <param name="operatorNamespace">Namespace of operator and signaling; null when namespaces lack the name label, so that the policy can select only by Pod labels.</param>
    /// <param name="metricsFrom">Additional peers that may scrape metrics from the control port.</param>
    /// <param name="tracing">Where the media nodes send their spans.</param>
    public static NetworkPolicy Build(SfuPool pool, string? operatorNamespace, IReadOnlyList<NetworkPolicyPeer> metricsFrom, TracingOptions tracing)
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
                    new NetworkPolicyIngressRule { Ports = [media, .. TcpPorts(pool.Spec.Exposure)] },
                    new NetworkPolicyIngressRule { Ports = [new NetworkPolicyPort { Protocol = "TCP", Port = MediaNodeEnv.ControlPort }], From = [callers, .. metricsFrom] },
                ],
                Egress = [new NetworkPolicyEgressRule { Ports = [media] }, .. Spans(tracing)],
            },
        };
    }

    /// <summary>The port has a name because its number differs between media nodes: policies have no port ranges before Kubernetes 1.22.</summary>
    private static NetworkPolicyPort[] TcpPorts(SfuExposure exposure) => exposure.TcpPort == TcpExposure.None ? [] : [new NetworkPolicyPort { Protocol = "TCP", Port = MediaNodePod.TcpPortName }];

    private static NetworkPolicyEgressRule[] Spans(TracingOptions tracing) =>
        tracing.Port is { } port ? [new NetworkPolicyEgressRule { Ports = [new NetworkPolicyPort { Protocol = "TCP", Port = port }], To = tracing.To.Count == 0 ? null : [.. tracing.To] }] : [];
}
