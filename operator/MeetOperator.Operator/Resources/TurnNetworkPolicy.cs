using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Allows clients to reach the relays of a pool, the operator and Prometheus to reach their control port, and the relays to reach media ports. coturn filters the addresses of media nodes, and
/// this policy the ports: a relay reaches nothing else on their hosts. Each pool owns one policy. It has no effect on Pods in the host network.
/// </summary>
internal static class TurnNetworkPolicy
{
    public static string NameOf(string pool) => $"{pool}-relays";

    /// <param name="pool">The pool to build the policy for.</param>
    /// <param name="operatorNamespace">Namespace of the operator; null when namespaces lack the name label, so that the policy can select only by Pod labels.</param>
    /// <param name="metricsFrom">Peers that may scrape metrics from the control port.</param>
    /// <param name="mediaPorts">The UDP ports of media nodes, each by itself: Kubernetes before 1.22 knows no ranges.</param>
    public static NetworkPolicy Build(TurnPool pool, string? operatorNamespace, IReadOnlyList<NetworkPolicyPeer> metricsFrom, IEnumerable<int> mediaPorts)
    {
        var caller = new NetworkPolicyPeer
        {
            NamespaceSelector = new() { MatchLabels = operatorNamespace is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [MediaNodeNetworkPolicy.NamespaceNameLabel] = operatorNamespace } },
            PodSelector = new() { MatchLabels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.Operator } },
        };
        NetworkPolicyPort[] media = [.. mediaPorts.Distinct().Order().Select(port => new NetworkPolicyPort { Protocol = "UDP", Port = port })];
        return new NetworkPolicy
        {
            Metadata = new ObjectMeta
            {
                Name = NameOf(pool.Metadata.Name!),
                Namespace = pool.Metadata.Namespace,
                Labels = new Dictionary<string, string> { [MeetLabels.TurnPool] = pool.Metadata.Name! },
                OwnerReferences = [TurnPod.OwnerOf(pool)],
            },
            Spec = new NetworkPolicySpec
            {
                PodSelector = new() { MatchLabels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.Turn, [MeetLabels.TurnPool] = pool.Metadata.Name! } },
                PolicyTypes = ["Ingress", "Egress"],
                Ingress =
                [
                    new NetworkPolicyIngressRule { Ports = [.. pool.Spec.Listeners.Select(one => new NetworkPolicyPort { Protocol = TurnPorts.Transport(one), Port = TurnPorts.InPod(one) })] },
                    new NetworkPolicyIngressRule { Ports = [new NetworkPolicyPort { Protocol = "TCP", Port = TurnPod.ControlPort }], From = [caller, .. metricsFrom] },
                ],

                // Without ports, a rule allows every port.
                Egress = media.Length == 0 ? [] : [new NetworkPolicyEgressRule { Ports = media }],
            },
        };
    }
}
