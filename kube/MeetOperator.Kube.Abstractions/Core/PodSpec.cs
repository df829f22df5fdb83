using System.Text.Json;

namespace MeetOperator.Kube.Core;

/// <summary>The containers of a Pod and its scheduling constraints.</summary>
public sealed class PodSpec : ExtensibleObject
{
    public IList<Container>? InitContainers { get; set; }
    public IList<Container> Containers { get; set; } = [];
    public IList<Volume>? Volumes { get; set; }

    /// <summary>Always, OnFailure, or Never.</summary>
    public string? RestartPolicy { get; set; }
    public long? TerminationGracePeriodSeconds { get; set; }
    public string? NodeName { get; set; }
    public IDictionary<string, string>? NodeSelector { get; set; }
    public string? ServiceAccountName { get; set; }
    public bool? AutomountServiceAccountToken { get; set; }
    public bool? EnableServiceLinks { get; set; }
    public bool? HostNetwork { get; set; }
    public string? DnsPolicy { get; set; }
    public string? PriorityClassName { get; set; }
    public PodSecurityContext? SecurityContext { get; set; }

    /// <summary>Passed through unchanged; its content is not typed.</summary>
    public JsonElement? Affinity { get; set; }
    public IList<Toleration>? Tolerations { get; set; }
    public IList<TopologySpreadConstraint>? TopologySpreadConstraints { get; set; }
    public IList<LocalObjectReference>? ImagePullSecrets { get; set; }
}

public sealed class Toleration : ExtensibleObject
{
    public string? Key { get; set; }
    public string? Operator { get; set; }
    public string? Value { get; set; }
    public string? Effect { get; set; }
    public long? TolerationSeconds { get; set; }
}

public sealed class TopologySpreadConstraint : ExtensibleObject
{
    public int MaxSkew { get; set; } = 1;
    public string TopologyKey { get; set; } = string.Empty;

    /// <summary>DoNotSchedule or ScheduleAnyway (the default here).</summary>
    public string WhenUnsatisfiable { get; set; } = "ScheduleAnyway";
    public LabelSelector? LabelSelector { get; set; }
}
