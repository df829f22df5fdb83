namespace MeetOperator.Kube.Core;

/// <summary>The observed state of a Pod.</summary>
public sealed class PodStatus : ExtensibleObject
{
    /// <summary>Pending, Running, Succeeded, Failed, or Unknown.</summary>
    public string? Phase { get; set; }
    public IList<PodCondition>? Conditions { get; set; }
    public string? Reason { get; set; }
    public string? Message { get; set; }

    [System.Text.Json.Serialization.JsonPropertyName("hostIP")]
    public string? HostIp { get; set; }

    [System.Text.Json.Serialization.JsonPropertyName("podIP")]
    public string? PodIp { get; set; }

    [System.Text.Json.Serialization.JsonPropertyName("podIPs")]
    public IList<PodIp>? PodIps { get; set; }
    public DateTimeOffset? StartTime { get; set; }
    public IList<ContainerStatus>? InitContainerStatuses { get; set; }
    public IList<ContainerStatus>? ContainerStatuses { get; set; }
    public string? QosClass { get; set; }
}

public sealed class PodIp
{
    public string? Ip { get; set; }
}

/// <summary>The type is Ready, ContainersReady, Initialized, or PodScheduled; <see cref="Status"/> is True, False, or Unknown.</summary>
public sealed class PodCondition : ExtensibleObject
{
    public string Type { get; set; } = string.Empty;
    public string Status { get; set; } = "Unknown";
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? LastProbeTime { get; set; }
    public DateTimeOffset? LastTransitionTime { get; set; }
}
