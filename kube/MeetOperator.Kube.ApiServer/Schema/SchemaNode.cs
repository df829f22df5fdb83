using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>A parsed node of a structural schema (apiextensions.k8s.io/v1 JSONSchemaProps). Immutable.</summary>
internal sealed class SchemaNode
{
    /// <summary>Defines no members and preserves everything.</summary>
    public static readonly SchemaNode Anything = new() { Type = "object", PreserveUnknownFields = true };

    public string? Type { get; init; }
    public string Description { get; init; } = string.Empty;
    public IReadOnlyDictionary<string, SchemaNode> Properties { get; init; } = new Dictionary<string, SchemaNode>();

    /// <summary>The schema of members that are not in <see cref="Properties"/>, for maps.</summary>
    public SchemaNode? AdditionalProperties { get; init; }
    public bool AdditionalPropertiesAllowed { get; init; }
    public SchemaNode? Items { get; init; }
    public IReadOnlyList<string> Required { get; init; } = [];
    public JsonNode? Default { get; init; }
    public bool HasDefault { get; init; }

    /// <summary>This node or a descendant has a default.</summary>
    public bool HasDefaultsBelow { get; init; }

    /// <summary>This node or a descendant has CEL rules.</summary>
    public bool HasRulesBelow { get; init; }
    public bool Nullable { get; init; }
    public bool PreserveUnknownFields { get; init; }
    public bool IntOrString { get; init; }
    public bool EmbeddedResource { get; init; }

    /// <summary>"atomic" (the default), "set", or "map".</summary>
    public string ListType { get; init; } = "atomic";
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary>The map type is "atomic"; the default is "granular".</summary>
    public bool AtomicMap { get; init; }
    public JsonArray? Enum { get; init; }
    public double? Minimum { get; init; }
    public double? Maximum { get; init; }
    public bool ExclusiveMinimum { get; init; }
    public bool ExclusiveMaximum { get; init; }
    public double? MultipleOf { get; init; }
    public string? PatternText { get; init; }
    public Regex? Pattern { get; init; }
    public string? Format { get; init; }
    public long? MinLength { get; init; }
    public long? MaxLength { get; init; }
    public long? MinItems { get; init; }
    public long? MaxItems { get; init; }
    public bool UniqueItems { get; init; }
    public long? MinProperties { get; init; }
    public long? MaxProperties { get; init; }
    public IReadOnlyList<SchemaNode> AllOf { get; init; } = [];
    public IReadOnlyList<SchemaNode> AnyOf { get; init; } = [];
    public IReadOnlyList<SchemaNode> OneOf { get; init; } = [];
    public SchemaNode? Not { get; init; }

    /// <summary>The merge key for strategic merge patch; only built-in kinds have one.</summary>
    public string? PatchMergeKey { get; init; }

    /// <summary>The original schema, for OpenAPI documents.</summary>
    public JsonObject Source { get; init; } = [];

    /// <summary>The schema of a member, or null if the schema does not define it.</summary>
    public SchemaNode? Member(string name)
    {
        if (Properties.TryGetValue(name, out var property))
        {
            return property;
        }

        return AdditionalProperties ?? (AdditionalPropertiesAllowed ? Anything : null);
    }
}
