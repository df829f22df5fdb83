using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Tests.CodeGen;

/// <summary>An entity with every kind of field that a schema supports.</summary>
[KubernetesEntity(Group = "golden.example.io", Version = "v1alpha1", Kind = "Everything", Plural = "everythings", ShortNames = ["evt"], Categories = ["all", "golden"])]
[StatusSubresource]
[ScaleSubresource(".spec.count", ".status.count", LabelSelectorPath = ".status.selector")]
[PrinterColumn("Phase", ".status.phase", Description = "Current phase")]
[PrinterColumn("Count", ".spec.count", Type = "integer")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date", Priority = 1)]
public sealed class Everything : CustomResource<EverythingSpec, EverythingStatus>;

/// <summary>The desired state.</summary>
[CelRule("self.least <= self.count", "least must not exceed count", FieldPath = ".least")]
public sealed class EverythingSpec
{
    /// <summary>
    /// A required text: see <see cref="Count"/>,
    /// and <c>code</c>.
    /// </summary>
    [MinLength(1)]
    [MaxLength(63)]
    [Pattern("^[a-z]+: \"x\"$")]
    [CelRule("self == oldSelf", "title is immutable")]
    [RequiredField]
    public string Title { get; set; } = string.Empty;

    /// <summary>The desired number, 0 to 10. Default 1; mutable.</summary>
    [Range(0, 10)]
    [Default("1")]
    public int Count { get; set; } = 1;

    /// <summary>A fraction.</summary>
    [Range(0.5, 1)]
    [Default("0.75")]
    public double Least { get; set; }

    /// <summary>A choice.</summary>
    [Default("\"Auto\"")]
    public EverythingMode Mode { get; set; }

    public long? Undescribed { get; set; }

    /// <summary>A point in time.</summary>
    public DateTimeOffset? StartTime { get; set; }

    /// <summary>Unique names.</summary>
    [ListSet]
    [MaxItems(5)]
    [MaxLength(20)]
    public IList<string>? Names { get; set; }

    /// <summary>Ports by name.</summary>
    [ListMapKey("name")]
    [MaxItems(3)]
    public IList<EverythingPort>? Ports { get; set; }

    /// <summary>Labels.</summary>
    [MaxItems(4)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    /// <summary>Lists by name.</summary>
    public IDictionary<string, List<int>>? Groups { get; set; }

    /// <summary>A count or a percentage.</summary>
    [IntOrString]
    [Pattern("^[0-9]+%?$")]
    public JsonElement? Surge { get; set; }

    /// <summary>A port by number or name.</summary>
    public IntOrString? TargetPort { get; set; }

    /// <summary>Anything at all.</summary>
    public JsonNode? Anything { get; set; }

    /// <summary>Any object.</summary>
    public JsonObject? AnyObject { get; set; }

    /// <summary>Some known fields, and others.</summary>
    [PreserveUnknownFields]
    [Default("{}")]
    public EverythingOpen? Open { get; set; }

    /// <summary>Resources of a container.</summary>
    public ResourceRequirements? Resources { get; set; }

    /// <summary>Marked as required.</summary>
    [RequiredField]
    [JsonPropertyName("renamedField")]
    public bool Renamed { get; set; }

    [JsonIgnore]
    public string Computed => Title + Count;
}

/// <summary>A port.</summary>
public sealed record EverythingPort
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    public int Number { get; init; }
}

/// <summary>Described by its type.</summary>
public sealed class EverythingOpen
{
    /// <summary>A nested default.</summary>
    [Default("300")]
    public int Seconds { get; set; }
}

public enum EverythingMode
{
    Auto,

    [JsonStringEnumMemberName("P2P")]
    PeerToPeer,
}

/// <summary>The observed state.</summary>
public sealed class EverythingStatus
{
    /// <summary>Generation of the spec that this status was computed from.</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>The current phase.</summary>
    public string? Phase { get; set; }

    /// <summary>Selector of the parts.</summary>
    public string? Selector { get; set; }

    /// <summary>The current number.</summary>
    public int? Count { get; set; }

    /// <summary>Aspects of the state.</summary>
    [ListMapKey("type")]
    [MaxItems(8)]
    public IList<Condition>? Conditions { get; set; }
}

/// <summary>The smallest possible resource.</summary>
[KubernetesEntity(Group = "golden.example.io", Version = "v1", Kind = "Least", Plural = "leasts", Scope = EntityScope.Cluster)]
public sealed class Least : CustomResource<LeastSpec, LeastStatus>;

/// <summary>An empty spec.</summary>
public sealed class LeastSpec;

/// <summary>An empty status.</summary>
public sealed class LeastStatus;
