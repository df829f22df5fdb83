using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

/// <summary>networking.k8s.io/v1 NetworkPolicy: the allowed traffic to and from a set of Pods.</summary>
[KubernetesEntity(Group = "networking.k8s.io", Version = "v1", Kind = "NetworkPolicy", Plural = "networkpolicies")]
public sealed class NetworkPolicy : KubernetesObject
{
    public NetworkPolicySpec Spec { get; set; } = new();
}

public sealed class NetworkPolicySpec
{
    public LabelSelector PodSelector { get; set; } = new();

    /// <summary>Ingress, Egress, or both.</summary>
    public IList<string>? PolicyTypes { get; set; }
    public IList<NetworkPolicyIngressRule>? Ingress { get; set; }
    public IList<NetworkPolicyEgressRule>? Egress { get; set; }
}

/// <summary>Without <see cref="From"/>, all sources are allowed; without <see cref="Ports"/>, all ports.</summary>
public sealed class NetworkPolicyIngressRule
{
    public IList<NetworkPolicyPort>? Ports { get; set; }
    public IList<NetworkPolicyPeer>? From { get; set; }
}

/// <summary>Without <see cref="To"/>, all destinations are allowed; without <see cref="Ports"/>, all ports.</summary>
public sealed class NetworkPolicyEgressRule
{
    public IList<NetworkPolicyPort>? Ports { get; set; }
    public IList<NetworkPolicyPeer>? To { get; set; }
}

public sealed class NetworkPolicyPort
{
    /// <summary>TCP, UDP, or SCTP.</summary>
    public string? Protocol { get; set; }

    /// <summary>The port, or the name that the Pods give to it; null means every port of the protocol.</summary>
    public IntOrString? Port { get; set; }
}

public sealed class NetworkPolicyPeer
{
    public LabelSelector? PodSelector { get; set; }
    public LabelSelector? NamespaceSelector { get; set; }
    public NetworkPolicyIpBlock? IpBlock { get; set; }
}

/// <summary>A range of addresses; cannot be combined with selectors.</summary>
public sealed class NetworkPolicyIpBlock
{
    public string Cidr { get; set; } = string.Empty;
    public IList<string>? Except { get; set; }
}
