using System.Text.Json.Serialization;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

public sealed class Container : ExtensibleObject
{
    public string Name { get; set; } = string.Empty;
    public string? Image { get; set; }
    public string? ImagePullPolicy { get; set; }
    public IList<string>? Command { get; set; }
    public IList<string>? Args { get; set; }
    public string? WorkingDir { get; set; }
    public IList<ContainerPort>? Ports { get; set; }
    public IList<EnvVar>? Env { get; set; }
    public IList<EnvFromSource>? EnvFrom { get; set; }
    public ResourceRequirements? Resources { get; set; }
    public IList<VolumeMount>? VolumeMounts { get; set; }
    public Probe? LivenessProbe { get; set; }
    public Probe? ReadinessProbe { get; set; }
    public Probe? StartupProbe { get; set; }
    public Lifecycle? Lifecycle { get; set; }
    public SecurityContext? SecurityContext { get; set; }
}

public sealed class ContainerPort : ExtensibleObject
{
    public string? Name { get; set; }

    [JsonPropertyName("containerPort")]
    public int Port { get; set; }
    public int? HostPort { get; set; }

    [JsonPropertyName("hostIP")]
    public string? HostIp { get; set; }

    /// <summary>TCP (the default of the server), UDP, or SCTP.</summary>
    public string? Protocol { get; set; }
}

public sealed class ResourceRequirements : ExtensibleObject
{
    [JsonConverter(typeof(QuantityMapConverter))]
    public IDictionary<string, string>? Limits { get; set; }

    [JsonConverter(typeof(QuantityMapConverter))]
    public IDictionary<string, string>? Requests { get; set; }
}

public sealed class VolumeMount : ExtensibleObject
{
    public string Name { get; set; } = string.Empty;
    public string MountPath { get; set; } = string.Empty;
    public string? SubPath { get; set; }
    public bool? ReadOnly { get; set; }
}
