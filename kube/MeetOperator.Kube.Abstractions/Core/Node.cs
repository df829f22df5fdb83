using System.Text.Json.Serialization;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 Node: a worker machine in the cluster.</summary>
[KubernetesEntity(Version = "v1", Kind = "Node", Plural = "nodes", ShortNames = ["no"], Scope = EntityScope.Cluster)]
public sealed class Node : KubernetesObject
{
    public NodeSpec? Spec { get; set; }
    public NodeStatus? Status { get; set; }
}

public sealed class NodeSpec : ExtensibleObject
{
    public bool? Unschedulable { get; set; }
    public IList<Taint>? Taints { get; set; }

    [JsonPropertyName("providerID")]
    public string? ProviderId { get; set; }
}

/// <summary>Repels Pods that do not tolerate it.</summary>
public sealed class Taint : ExtensibleObject
{
    public string Key { get; set; } = string.Empty;
    public string? Value { get; set; }

    /// <summary>NoSchedule, PreferNoSchedule, or NoExecute.</summary>
    public string Effect { get; set; } = string.Empty;
}

public sealed class NodeStatus : ExtensibleObject
{
    public IList<NodeAddress>? Addresses { get; set; }
    public IList<NodeCondition>? Conditions { get; set; }

    [JsonConverter(typeof(QuantityMapConverter))]
    public IDictionary<string, string>? Capacity { get; set; }

    [JsonConverter(typeof(QuantityMapConverter))]
    public IDictionary<string, string>? Allocatable { get; set; }
}

public sealed class NodeAddress
{
    /// <summary>Hostname, InternalIP, ExternalIP, InternalDNS, or ExternalDNS.</summary>
    public string Type { get; set; } = string.Empty;
    public string Address { get; set; } = string.Empty;
}

public sealed class NodeCondition : ExtensibleObject
{
    public string Type { get; set; } = string.Empty;
    public string Status { get; set; } = "Unknown";
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? LastHeartbeatTime { get; set; }
    public DateTimeOffset? LastTransitionTime { get; set; }
}
