using System.Text.Json.Serialization;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 Service.</summary>
[KubernetesEntity(Version = "v1", Kind = "Service", Plural = "services", ShortNames = ["svc"])]
public sealed class Service : KubernetesObject
{
    public ServiceSpec Spec { get; set; } = new();
    public ServiceStatus? Status { get; set; }
}

public sealed class ServiceSpec : ExtensibleObject
{
    /// <summary>ClusterIP (the default of the server), NodePort, LoadBalancer, or ExternalName.</summary>
    public string? Type { get; set; }

    [JsonPropertyName("clusterIP")]
    public string? ClusterIp { get; set; }
    public IDictionary<string, string>? Selector { get; set; }
    public IList<ServicePort>? Ports { get; set; }
    public string? ExternalTrafficPolicy { get; set; }
    public bool? PublishNotReadyAddresses { get; set; }
}

public sealed class ServicePort : ExtensibleObject
{
    public string? Name { get; set; }
    public int Port { get; set; }
    public IntOrString? TargetPort { get; set; }
    public int? NodePort { get; set; }
    public string? Protocol { get; set; }
}

public sealed class ServiceStatus : ExtensibleObject
{
    public LoadBalancerStatus? LoadBalancer { get; set; }
}

public sealed class LoadBalancerStatus
{
    public IList<LoadBalancerIngress>? Ingress { get; set; }
}

public sealed class LoadBalancerIngress : ExtensibleObject
{
    public string? Ip { get; set; }
    public string? Hostname { get; set; }
}
