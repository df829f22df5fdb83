using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>A served group, version, and resource, with everything that request handling needs. Immutable.</summary>
internal sealed record ResourceDefinition
{
    public required string Group { get; init; }
    public required string Version { get; init; }
    public required string Plural { get; init; }
    public required string Kind { get; init; }
    public required bool Namespaced { get; init; }
    public string Singular { get; init; } = string.Empty;
    public string ListKind { get; init; } = string.Empty;
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>There is a status subresource, and only it changes the status.</summary>
    public bool HasStatus { get; init; }

    /// <summary>metadata.generation increases with every change outside metadata and status.</summary>
    public bool TracksGeneration { get; init; }
    public ScaleDefinition? Scale { get; init; }
    public IReadOnlyList<ColumnDefinition> Columns { get; init; } = [];
    public SchemaNode Schema { get; init; } = SchemaNode.Anything;

    /// <summary>The resource is defined by a CustomResourceDefinition.</summary>
    public bool IsCustom { get; init; }

    /// <summary>The API version in which objects are stored.</summary>
    public string StorageVersion { get; init; } = string.Empty;

    /// <summary>Names of further read-only subresources for discovery (log).</summary>
    public IReadOnlyList<string> OtherSubresources { get; init; } = [];

    /// <summary>Dotted paths of supported field selectors, besides metadata.name and metadata.namespace.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];

    /// <summary>The validation rule for object names.</summary>
    public NameRule NameRule { get; init; } = NameRule.DnsSubdomain;

    /// <summary>Name of the storage table, which all versions of a resource share.</summary>
    public string Table => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
    public string StorageApiVersion => Group.Length == 0 ? StorageVersion : $"{Group}/{StorageVersion}";
    public string GroupResource => Table;
    public string GroupKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";
}

/// <summary>JSON paths of the scale subresource, without the leading dot.</summary>
internal sealed record ScaleDefinition(string[] SpecReplicas, string[] StatusReplicas, string[]? LabelSelector)
{
    /// <summary>Checks that the value at the path is a valid number of replicas, even if the schema is less strict.</summary>
    public IEnumerable<Cause> Check(JsonObject root)
    {
        JsonNode? node = root;
        foreach (var name in SpecReplicas)
        {
            node = node is JsonObject map && map.TryGetPropertyValue(name, out var member) ? member : null;
        }

        var path = "." + string.Join('.', SpecReplicas);
        return node switch
        {
            JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number && value.AsInteger() is { } number => number switch
            {
                < 0 => [Cause.Invalid(path, JsonText.ToText(value), "should be a non-negative integer")],
                > int.MaxValue => [Cause.Invalid(path, JsonText.ToText(value), $"should be less than or equal to {int.MaxValue}")],
                _ => [],
            },
            JsonValue other => [Cause.Invalid(path, "0", $"{path} accessor error: {other.AsText() ?? JsonText.ToText(other)} is of the type {TypeOf(other)}, expected int64")],
            _ => [],
        };
    }

    private static string TypeOf(JsonValue value) => value.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String => "string",
        System.Text.Json.JsonValueKind.Number => "float64",
        _ => "bool",
    };
}

/// <summary>An additional printer column; <paramref name="Path"/> is a kubectl JSONPath.</summary>
internal sealed record ColumnDefinition(string Name, string Type, string Path, int Priority, string Description, string Format = "");

internal enum NameRule
{
    DnsSubdomain,
    DnsLabel,

    /// <summary>Any path segment, because RBAC names may contain colons.</summary>
    PathSegment,
}
